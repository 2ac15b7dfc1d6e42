import assert from "node:assert/strict";
import type { CertificateFiles } from "../../stack/openssl.ts";
import { runPing } from "../../stack/operations.ts";
import type { RawPeer } from "../../stack/raw-peer.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import {
  answerEach,
  assertThrownOut,
  header,
  letIn,
  listenFor,
  logIn,
  openSecured,
  ping,
  withWitness,
} from "../attacker.ts";
import { agree } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const VICTIM = "witness03.example";

/** One name each: answers go over whatever stream a pair of names has. */
const attackerName = (number: number) => `attacker${number}.example`;

interface Attacker {
  readonly name: string;
  readonly certificate: CertificateFiles;
}

export const scenario: Scenario = {
  title:
    "A8-A11, A13, A18-A21, A23: nobody speaks for a domain that he has not proved on this very stream, in whatever spelling",
  run: async (world) => {
    const native = await world.nativeSite("hostile03.example");
    const good = await world.authority.issue({ names: [1, 2, 3, 4, 5, 6].map(attackerName) });
    const attacker = (number: number) => ({ name: attackerName(number), certificate: good });
    const bad = {
      "A18: a common name": await world.authority.issue({
        commonName: VICTIM,
        names: ["attacker.example"],
      }),
      "A18: names of other kinds and services": await world.authority.issue({
        names: ["attacker.example", "*.*", "*.witness03.example"],
        otherNames: [
          `URI:xmpp:${VICTIM}`,
          `email:admin@${VICTIM}`,
          // SRV-ID of another service, XmppAddr of an account (RFC 4985 §2, RFC 6120 §13.7.1.4).
          `otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.${VICTIM}`,
          `otherName:1.3.6.1.5.5.7.8.5;UTF8:admin@${VICTIM}`,
          `otherName:1.3.6.1.5.5.7.8.5;UTF8:${VICTIM}/x`,
        ],
      }),
      "A18: a thousand other names": await world.authority.issue({
        names: Array.from({ length: 1_000 }, (_, index) => `n${index}.example`),
      }),
      "A18: a wildcard that is part of a label": await world.authority.issue({
        names: ["witness*.example"],
      }),
      "A19: expired, and for a client's purpose": await world.authority.issue({
        names: [VICTIM],
        issuedOn: "2020-01-01",
        days: 30,
      }),
      "A19: self-signed": await world.authority.issue({ names: [VICTIM], signedBy: "itself" }),
      "another's certificate": good,
    };
    await withWitness(world, native, VICTIM, async () => {
      await Promise.all([
        proveSenders(native, attacker(1)),
        proveCertificates(native, attacker(2), bad),
        proveSpellings(native, attacker(3)),
        proveSilence(native, attacker(4)),
        proveAnswers(world, native, attacker(6)),
        proveDialback(native, attacker(5)),
      ]);
    });
  },
};

/** A8, A21: stanzas from somebody else, from nobody, to somebody else. */
async function proveSenders(native: NativeSite, { name, certificate }: Attacker): Promise<void> {
  const to = native.domain;
  const cases = [
    ["from the victim", ping(VICTIM, to, "1"), "invalid-from"],
    ["from below the attacker", ping(`a.${name}`, to, "1"), "invalid-from"],
    ["from ourselves", ping(to, to, "1"), "invalid-from"],
    ["from nobody", `<message to='${to}'/>`, "improper-addressing"],
    ["from an empty name", `<message from='' to='${to}'/>`, "improper-addressing"],
    ["to nobody", `<message from='${name}'/>`, "improper-addressing"],
    ["to the victim, through us", ping(name, VICTIM, "1"), "host-unknown"],
    ["from an address that hides a name", ping(`${name}@${VICTIM}`, to, "1"), "invalid-from"],
    ["from a resource that hides one", ping(`${VICTIM}/@${name}`, to, "1"), "invalid-from"],
  ] as const;
  await Promise.all(
    cases.map(async ([what, stanza, condition]) => {
      const peer = await logIn(native, name, certificate);
      peer.say(stanza);
      await assertThrownOut(what, peer, condition);
    }),
  );
}

/** A11, A18, A19: EXTERNAL is for whom the certificate stands for; others are sent away. */
async function proveCertificates(
  native: NativeSite,
  attacker: Attacker,
  certificates: Readonly<Record<string, CertificateFiles>>,
): Promise<void> {
  await Promise.all(
    Object.entries(certificates).map(async ([what, certificate]) => {
      const peer = await openSecured(native, VICTIM, certificate);
      await assertThrownOut(what, peer, "not-authorized");
      assert.doesNotMatch(peer.heard(), /EXTERNAL/, what);
    }),
  );
  const { name, certificate } = attacker;
  const peer = await openSecured(native, name, certificate);
  await peer.hear(/EXTERNAL/);
  const authzid = Buffer.from(VICTIM).toString("base64");
  peer.say(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>${authzid}</auth>`);
  await peer.hear(/<invalid-authzid/);
  peer.say(ping(name, native.domain, "early"));
  await assertThrownOut("A21: a stanza before the login", peer, "not-authorized");

  // RFC 6120 §5.4.3.3: who it is may not change between one header and the next.
  const changing = await openSecured(native, name, certificate);
  await changing.hear(/EXTERNAL/);
  changing.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  await changing.hear(/<success/);
  changing.say(header(VICTIM, native.domain));
  await assertThrownOut("another name after the login", changing, "improper-addressing");
}

/** A20: one name in its many spellings is one name. */
async function proveSpellings(native: NativeSite, { name, certificate }: Attacker): Promise<void> {
  const peer = await logIn(native, name, certificate);
  const spellings = [name.toUpperCase(), `${name}.`, name.replace("a", "ａ")];
  for (const [index, from] of spellings.entries()) {
    peer.say(ping(from, native.domain.toUpperCase(), `spelt-${index}`));
    await answered(peer, `spelt-${index}`);
  }
  for (const confusable of [name.replace("a", "а"), `${name}\u202e`, "attacker。example.com"]) {
    const other = await logIn(native, name, certificate);
    other.say(ping(confusable, native.domain, "1"));
    await other.gone();
    assert.match(other.heard(), /<(invalid-from|improper-addressing) /, confusable);
  }
  peer.close();
}

/** A13, A23: errors and answers that nobody asked for are answered by silence, and settle nothing. */
async function proveSilence(native: NativeSite, { name, certificate }: Attacker): Promise<void> {
  const peer = await logIn(native, name, certificate);
  const addresses = `from='${name}' to='${native.domain}'`;
  // To whom there is and to whom there is not, of a size that is taken and of one that is not.
  const large = `<x xmlns='x'>${"x".repeat(600_000)}</x>`;
  const nobody = addresses.replace(/to='/, "to='nobody@");
  for (const type of ["error", "result"])
    for (const whom of [addresses, nobody])
      peer.say(
        `<iq type='${type}' id='no' ${whom}/><iq type='${type}' id='no' ${whom}>${large}</iq>`,
      );
  peer.say(`<message type='error' id='no' ${nobody}>${large}</message>`);
  peer.say(
    `<message type='error' id='no' ${addresses}/><presence type='error' id='no' ${addresses}/>`,
  );
  peer.say(`<presence type='probe' id='no' ${addresses}/>`);
  const waiting = runPing(native.client, VICTIM);
  for (let id = 0; id < 500; id++)
    peer.say(`<iq type='result' id='${id.toString(16)}' ${addresses}/>`);
  peer.say(ping(name, native.domain, "after"));
  await answered(peer, "after");
  assert.doesNotMatch(peer.heard(), /id=["']no["']/);
  assert.equal((await waiting).xmpp.status, "answered");
  peer.close();
}

/** A23: an answer is whoever's was asked, even where somebody else has come to know the id. */
async function proveAnswers(
  world: World,
  native: NativeSite,
  { name, certificate }: Attacker,
): Promise<void> {
  const asked = "asked03.example";
  let told = 0;
  // Waves ask first.
  const to = native.wave;
  const spy = await logIn({ ...native, domain: to }, name, certificate);
  const server = await listenFor(world, asked, async (peer) => {
    const own = await world.authority.issue({ names: [asked] });
    await letIn(peer, asked, native, own);
    await answerEach(peer, async (_request, addresses) => {
      spy.say(`<iq type='result' ${addresses.replace(/from='[^']*'/, `from='${name}'`)}/>`);
      told += 1;
      spy.say(ping(name, to, `told-${told}`));
      await answered(spy, `told-${told}`);
      return `<iq type='error' ${addresses}><error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
    });
  });
  const pong = await runPing(native.client, asked);
  assert.deepEqual([pong.xmpp.status, pong.xmpp.condition], ["refused", "not-allowed"]);
  assert.ok(told > 0);
  spy.close();
  await server.close();
}

/** A9, A10, A11: what was not asked is no proof, and a key is good for its own names and stream only. */
async function proveDialback(native: NativeSite, { name, certificate }: Attacker): Promise<void> {
  await agree(native.client, { domain: name, allowsDialback: true });
  const { domain } = native;
  const unsolicited = await logIn(native, name, certificate);
  for (const kind of ["result", "verify"])
    unsolicited.say(
      `<db:${kind} from='${VICTIM}' to='${domain}' id='x' type='valid'/>` +
        `<db:${kind} from='${domain}' to='${VICTIM}' id='x' type='valid'/>`,
    );
  unsolicited.say(ping(name, domain, "still"));
  await answered(unsolicited, "still");
  unsolicited.say(ping(VICTIM, domain, "1"));
  await assertThrownOut("A9: a result that nobody asked for", unsolicited, "invalid-from");

  const keyed = await logIn(native, name, certificate);
  keyed.say(`<db:result from='${VICTIM}' to='${domain}'>${"0".repeat(64)}</db:result>`);
  const refused = await keyed.hear(/<db:result[^>]*type=["'](error|invalid)["']/);
  assert.doesNotMatch(refused, /type=["']valid["']/);
  // A10: a space in a name or an id would make two keys one.
  keyed.say(`<db:verify from='${name} x' to='${domain}' id='1'>${"0".repeat(64)}</db:verify>`);
  await assertThrownOut("A10: a name with a space", keyed, "improper-addressing");
  const spaced = await logIn(native, name, certificate);
  spaced.say(`<db:verify from='${name}' to='${domain}' id='1 2'>${"0".repeat(64)}</db:verify>`);
  await assertThrownOut("A10: an id with a space", spaced, "improper-addressing");

  const asking = await logIn(native, name, certificate);
  asking.say(`<db:verify from='${name}' to='${domain}' id='id'>${"0".repeat(64)}</db:verify>`);
  await asking.hear(/<db:verify[^>]*type=["']invalid["']/);
  asking.close();
}

async function answered(peer: RawPeer, id: string): Promise<void> {
  const heard = await peer.hear(new RegExp(`<iq[^>]*id=["']${id}["']`));
  assert.match(heard, new RegExp(`<iq(?=[^>]*id=["']${id}["'])(?=[^>]*type=["']result["'])`));
}
