import type { NativeSite, World } from "../stack/world.ts";
import { answerEach, letIn, listenFor, secure } from "../federation/attacker.ts";

/** What a page might take for HTML, and what is no character that people see: bidi controls, C1, line separators. */
export const MARKUP = "<img src=x onerror=pwned()>";
export const LOUD = `${MARKUP} \u202egpj.exe\u2066 \u200f\u009b31m\u2028end`;
const XML = LOUD.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const ATTRIBUTE = XML.replaceAll("'", "&apos;");

/** Ends each secured stream with words of its own; its certificate has some, too. */
export const ENDING = "ending.example";
/** Lets us in, and says loud things of itself and of why it does not answer. */
export const CHATTY = "chatty.example";
/** Its SRV record leads to no host at all. */
export const NOWHERE = "nowhere.example";

/** Servers that DNS leads to and that put into every text of theirs what has no place in it. */
export async function startLoudServers(world: World, native: NativeSite) {
  const certificate = await world.authority.issue({
    names: [ENDING, CHATTY],
    commonName: `${MARKUP} \u0085\u009b31m`,
  });
  await world.dns.setZone(NOWHERE, [
    `_xmpp-server._tcp IN SRV 10 0 5269 \\060img.src\\061x\\062onerror\\061pwned\\040\\041`,
  ]);
  const servers = await Promise.all([
    listenFor(world, ENDING, async (peer) => {
      await secure(peer, ENDING, native, certificate);
      peer.say(
        `<stream:features/><stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${XML}</text></stream:error></stream:stream>`,
      );
      await peer.gone();
    }),
    listenFor(world, CHATTY, async (peer) => {
      await letIn(peer, CHATTY, native, certificate);
      await answerEach(peer, answer);
    }),
  ]);
  return { close: () => Promise.all(servers.map((server) => server.close())) };
}

/** What it has with loud names, everything else with an error in loud words. */
function answer(request: string, addresses: string): string {
  const result = (space: string, inside: string) =>
    `<iq type='result' ${addresses}><query xmlns='http://jabber.org/protocol/disco#${space}'>${inside}</query></iq>`;
  if (request.includes("disco#items"))
    return result(
      "items",
      `<item jid='wave.${CHATTY}' name='${ATTRIBUTE}' node='${ATTRIBUTE}'/><item jid='${ATTRIBUTE}' name='x'/>`,
    );
  if (request.includes("disco#info"))
    return result(
      "info",
      `<identity category='component' type='generic' name='${ATTRIBUTE}'/><feature var='${ATTRIBUTE}'/>`,
    );
  return `<iq type='error' ${addresses}><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>${XML}</text></error></iq>`;
}
