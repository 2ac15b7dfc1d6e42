import assert from "node:assert/strict";
import { test } from "node:test";
import { createIntl } from "react-intl";
import { x2xLetterText } from "../../text/x2x-terms.ts";
import { agreementOf, type Identity, identities, newDraft, type X2xDraft } from "./draft.ts";
import { letterOf, type Say } from "./letter.ts";

const intl = createIntl({ locale: "en", onError: (error) => assert.fail(error.message) });
const say: Say = (key, values) =>
  intl.formatMessage({ id: key, defaultMessage: x2xLetterText[key] }, values);

function letter(part: Partial<X2xDraft>, knownBy: Identity = "certificate"): string {
  const opening = { addresses: "192.0.2.7", sourcePort: "4711", hostName: "out.example", knownBy };
  const agreement = agreementOf({
    ...newDraft,
    ours: { ...newDraft.ours, domains: "shore.example", host: "192.0.2.1", ...opening },
    theirs: { ...newDraft.theirs, domains: "ship.example isle.example", host: "192.0.2.2" },
    ...part,
  });
  return letterOf({ x2xAgreement: 1, name: "to ship", agreement, fingerprint: "12345 67890" }, say)
    .text;
}

test("every field of the agreement is in the letter, from the reader's side", () => {
  const pin = "ab".repeat(32);
  const text = letter({
    idleSeconds: "601",
    keepaliveSeconds: "61",
    maxStanzaBytes: "65536",
    language: "de",
    compression: "deflate",
    theirs: {
      ...newDraft.theirs,
      ...{ domains: "ship.example isle.example", host: "192.0.2.2", port: "5299" },
      ...{ certificateBy: "pins", pins: pin },
    },
  });
  for (const said of [
    "Your domains: shore.example.",
    "You listen on 192.0.2.1, TCP port 5271.",
    "You open connections from 192.0.2.7. We know you by your certificate.",
    "Our domains: ship.example, isle.example.",
    "We listen on 192.0.2.2, TCP port 5299.",
    `Our certificate has the SHA-256 ${pin}.`,
    "The largest stanza has 65536 bytes.",
    "After 61 seconds",
    "After 601 seconds",
    "is de.",
    "with dictionary 1 of docs/x2x-profile.md",
    "XEP-0361 0.3",
    "12345 67890",
  ])
    assert.ok(text.includes(said), `${said}\n\n${text}`);
});

test("each way to be known has its sentence, with what it needs", () => {
  const said = identities.map((knownBy) => letter({}, knownBy));
  assert.equal(new Set(said).size, identities.length);
  assert.match(said[1] ?? "", /source port 4711/);
  assert.match(said[3] ?? "", /out\.example/);
});

test("a plain link in one direction says that there is no TLS, no certificate, and who does not listen", () => {
  const text = letter({ security: "plain", opener: "us" }, "address");
  assert.match(text, /There is no TLS on this link/);
  assert.doesNotMatch(text, /certificate must|Our certificate/);
  assert.match(text, /You accept no connections/.test(text) ? /./ : /We accept no connections/);
});
