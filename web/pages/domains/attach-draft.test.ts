import assert from "node:assert/strict";
import { test } from "node:test";
import { type AttachDraft, readDraft } from "./attach-draft.ts";

const draft: AttachDraft = {
  server: "prosody",
  name: " wave.example.com ",
  host: "127.0.0.1",
  port: null,
  security: "plain",
  secretFrom: "generated",
  generated: "s3cret",
  own: "",
  consent: "",
};

test("a draft within the machine is ready as it stands, with the server's usual port", () => {
  assert.deepEqual(readDraft(draft).values, {
    name: "wave.example.com",
    host: "127.0.0.1",
    port: 5347,
    security: "plain",
    secret: "s3cret",
  });
});

test("a plain connection to another machine wants its host typed again", () => {
  const far = { ...draft, host: "xmpp.example.com" };
  assert.equal(readDraft(far).needsConsent, true);
  assert.equal(readDraft(far).values, null);
  assert.equal(readDraft({ ...far, consent: "example.com" }).values, null);
  assert.equal(
    readDraft({ ...far, consent: "XMPP.example.com" }).values?.plainConsent,
    "XMPP.example.com",
  );
});

test("with TLS no consent is wanted", () => {
  const values = readDraft({ ...draft, host: "xmpp.example.com", security: "tls" }).values;
  assert.equal(values?.security, "tls");
  assert.equal(values?.plainConsent, undefined);
});

test("the port follows server and encryption until one is typed", () => {
  assert.equal(readDraft({ ...draft, server: "openfire" }).port, "5275");
  assert.equal(readDraft({ ...draft, server: "openfire", security: "tls" }).port, "5276");
  assert.equal(readDraft({ ...draft, server: "openfire", port: "5280" }).port, "5280");
});

for (const port of ["", "0", "65536", "-1", "5e3", "53.4"])
  test(`"${port}" is no port`, () => {
    assert.equal(readDraft({ ...draft, port }).isPortValid, false);
    assert.equal(readDraft({ ...draft, port }).values, null);
  });

for (const own of ["", "with space", "geheimniß", "tab\t"])
  test(`a server's own secret ${JSON.stringify(own)} is refused`, () => {
    assert.equal(readDraft({ ...draft, secretFrom: "own", own }).values, null);
  });

test("a secret that is kept is not sent", () => {
  assert.equal(readDraft({ ...draft, secretFrom: "kept" }).values?.secret, null);
});
