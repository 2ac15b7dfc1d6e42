import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#contract/traces.ts";
import { type CertificateMemory, type JudgeDates, watchCertificate } from "./certificate-watch.ts";
import type { SeenCertificate } from "./observation.ts";

const DAY = 86_400_000;
const issued = Date.parse("2026-09-01T00:00:00.000Z");
const none: CertificateMemory = { fingerprint: null, notBefore: null, notAfter: null, known: [] };

function shown(fingerprint: string, from = 0, days = 90): SeenCertificate {
  return {
    fingerprint,
    subject: "CN=peer.example",
    issuer: "CN=Test CA",
    notBefore: new Date(issued + from * DAY),
    notAfter: new Date(issued + (from + days) * DAY),
    isTrusted: true,
  };
}

const judgeDates: JudgeDates = ({ notBefore, notAfter, now }) => {
  const share = (notAfter.getTime() - now.getTime()) / (notAfter.getTime() - notBefore.getTime());
  const said = (code: string, level: string): Finding => ({
    code,
    params: { level },
    owner: "peer",
    severity: "warning",
  });
  if (share < 0) return said("cert.expired", "");
  if (notAfter.getTime() - now.getTime() < DAY) return said("cert.expiring", "day");
  return share < 1 / 6
    ? said("cert.expiring", "sixth")
    : share < 1 / 3
      ? said("cert.expiring", "third")
      : null;
};

/** Shows one certificate per day from the day of issue on; what was news, by day. */
function play(certificateOn: (day: number) => SeenCertificate, days: number): string[] {
  let memory = none;
  let lastCheckAt: Date | null = null;
  const all: string[] = [];
  for (let day = 0; day < days; day++) {
    const now = new Date(issued + (day + 0.5) * DAY);
    const at = { domain: "peer.example", now, lastCheckAt, judgeDates };
    const { memory: next, news } = watchCertificate(memory, certificateOn(day), at);
    memory = next;
    lastCheckAt = now;
    for (const piece of news) {
      if (piece.kind === "changed")
        all.push(`${day} ${piece.isExpected ? "renewal" : "early change"} ${piece.cause.severity}`);
      else if (piece.kind === "expiring")
        all.push(`${day} ${piece.cause.code} ${String(piece.cause.params["level"])}`);
      else all.push(`${day} ${piece.kind}`);
    }
  }
  return all;
}

test("each threshold of a certificate's life is told once: a third, a sixth, a day, its end", () => {
  assert.deepEqual(
    play(() => shown("a"), 95),
    [
      "60 cert.expiring third",
      "75 cert.expiring sixth",
      "89 cert.expiring day",
      "90 cert.expired ",
    ],
  );
});

test("a renewal in the last part of the lifetime is news, and ends the warning", () => {
  assert.deepEqual(
    play((day) => (day < 65 ? shown("a") : shown("b", 64)), 70),
    ["60 cert.expiring third", "65 renewal info", "65 renewed"],
  );
});

test("another certificate long before the end, or one that is not trusted, wants a person", () => {
  assert.deepEqual(
    play((day) => (day < 5 ? shown("a") : shown("b", 4)), 7),
    ["5 early change warning", "5 renewed"],
  );
  const untrusted = { ...shown("b", 64), isTrusted: false };
  assert.deepEqual(
    play((day) => (day < 65 ? shown("a") : untrusted), 66),
    ["60 cert.expiring third", "65 early change warning", "65 renewed"],
  );
});

test("a cluster that shows its certificates in turn has changed nothing after the first round", () => {
  const news = play(
    (day) => (day % 3 === 0 ? shown("a") : day % 3 === 1 ? shown("b") : shown("c")),
    30,
  );
  assert.deepEqual(
    news.filter((line) => !line.endsWith("renewed")),
    ["1 early change warning", "2 early change warning"],
  );
});

test("a certificate that nears its end in such a cluster is not called renewed at every turn", () => {
  const news = play((day) => (day % 2 === 0 ? shown("a") : shown("b", 40)), 80);
  assert.equal(news.filter((line) => line.endsWith("renewed")).length, 1);
});
