import assert from "node:assert/strict";
import { test } from "node:test";
import { agreementOf, newDraft } from "./draft.ts";
import { isSameFingerprint, MOST_BYTES, readOffer } from "./offer.ts";

const agreement = agreementOf({
  ...newDraft,
  ours: { ...newDraft.ours, domains: "ship.example", host: "192.0.2.1" },
  theirs: { ...newDraft.theirs, domains: "shore.example", host: "192.0.2.2" },
});
const offer = { x2xAgreement: 1, name: "to shore", agreement, fingerprint: "12345 67890" } as const;

test("a half is read as it was exported, whatever else stands in it", () => {
  const text = `\uFEFF${JSON.stringify({ ...offer, agreement: { ...agreement, more: 1 }, note: "x" })}`;
  assert.deepEqual(readOffer(text), { ok: true, offer });
});

test("a half that is older than compression does without it", () => {
  const { compression: _, ...older } = agreement;
  const read = readOffer(JSON.stringify({ ...offer, agreement: older }));
  assert.deepEqual(read, { ok: true, offer });
  const packed = { ...offer, agreement: { ...agreement, compression: "deflate" } };
  assert.deepEqual(readOffer(JSON.stringify(packed)), { ok: true, offer: packed });
});

test("what is no half is refused by what it is", () => {
  const reasonOf = (text: string) => {
    const read = readOffer(text);
    return read.ok ? "ok" : read.reason;
  };
  assert.equal(reasonOf("{"), "not_json");
  assert.equal(reasonOf("Hello,"), "not_json");
  for (const other of ["null", "[]", "7", "{}", '{"agreement":{}}'])
    assert.equal(reasonOf(other), "not_a_half", other);
  assert.equal(reasonOf(JSON.stringify({ ...offer, x2xAgreement: 2 })), "version");
  assert.equal(reasonOf(" ".repeat(MOST_BYTES + 1)), "too_large");
});

test("each field that is missing, or has something else in it, is named", () => {
  for (const path of pathsOf(offer)) {
    if (path === "x2xAgreement") continue;
    const spoilt = structuredClone(offer) as unknown as Record<string, unknown>;
    set(spoilt, path.split("."), { not: "this" });
    const read = readOffer(JSON.stringify(spoilt));
    assert.ok(!read.ok && read.reason === "field", path);
    const named = path.startsWith("agreement.") ? `agreement.${read.field}` : read.field;
    assert.ok(named.startsWith(path) || `agreement.${named}`.startsWith(path), `${path}: ${named}`);
  }
});

test("fingerprints are compared by their digits", () => {
  assert.equal(isSameFingerprint("12345 67890", "1234567890"), true);
  assert.equal(isSameFingerprint("12345 67890", "12345 67891"), false);
});

function pathsOf(value: unknown, at = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const isSides = at === "agreement.sides" && Array.isArray(value);
    return isSides
      ? [at, ...value.flatMap((side, index) => pathsOf(side, `${at}.${index}`))]
      : [at];
  }
  return [
    ...(at === "" ? [] : [at]),
    ...Object.entries(value).flatMap(([name, inner]) =>
      pathsOf(inner, at === "" ? name : `${at}.${name}`),
    ),
  ];
}

function set(value: Record<string, unknown>, [name = "", ...rest]: string[], to: unknown): void {
  if (rest.length === 0) value[name] = to;
  else set(value[name] as Record<string, unknown>, rest, to);
}
