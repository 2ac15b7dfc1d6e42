import type { SelfTest } from "#contract/self-tests.ts";
import type { Finding } from "#contract/traces.ts";
import { keyOf } from "../../text/finding-words.ts";

/** Who is where DNS leads other servers; null: what DNS says outside is not known. */
export type Place = "Ours" | "Other" | "Somebody" | "Broken" | "Nobody" | "Untried" | "Nowhere";

export function placeOf({ answering, unknowable }: SelfTest): Place | null {
  if (unknowable.includes("outside_resolvers")) return null;
  if (answering.address === null) return "Nowhere";
  if (answering.isOurs === false) return "Other";
  if (answering.isReached) return answering.isOurs === null ? "Somebody" : "Ours";
  if (answering.durationMs === null) return "Untried";
  return answering.message?.code.startsWith("tcp.") === false ? "Broken" : "Nobody";
}

/** What is wrong with the records of a name and of the hosts that they lead to, with its port and its certificate. */
export function findingsOf(result: SelfTest, local: string): readonly Finding[] {
  const { cards, answering, advertised, inside, certificates } = result;
  const hosts = [answering.host, advertised.host];
  const found = [
    ...cards
      .filter(({ kind, name }) =>
        kind === "srv" ? name.endsWith(`._tcp.${local}`) : hosts.includes(name),
      )
      .map(({ message }) => message),
    placeOf(result) === "Broken" ? answering.message : null,
    inside.message,
    ...certificates.flatMap(({ findings }) => findings),
  ].flatMap((finding) => (finding === null || finding.severity === "info" ? [] : [finding]));
  return [...new Map(found.map((finding) => [keyOf(finding), finding])).values()];
}
