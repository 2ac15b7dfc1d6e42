import type { ReactNode } from "react";
import { useIntl } from "react-intl";
import type { Attempt, AttemptOf } from "#contract/traces.ts";
import { useTimeFormat } from "../../components/time.tsx";
import type { Branch } from "./branches.ts";
import { agreementOf, tallyOf } from "./branches.ts";
import { decisionPhrase } from "./results.ts";
import { code, usePageText, type Words } from "./words.tsx";

/** Words for single attempts and for the groups that they stand in. */
export function useAttemptWords(words: Words) {
  const t = usePageText();
  const time = useTimeFormat();
  const intl = useIntl();

  function dns(attempt: AttemptOf<"dns">): ReactNode {
    const { outcome, records, resolver, ageMs } = attempt;
    const answer =
      outcome === "answer"
        ? t.rich("attempt.order", {
            list: <code>{records.map(({ data }) => data).join(", ")}</code>,
          })
        : t(`answer.${outcome}`);
    const values = { resolver, answer, c: code };
    return ageMs === null
      ? t.rich("attempt.dns", values)
      : t.rich("attempt.dns.kept", { ...values, age: time.duration(ageMs) });
  }

  function connect(attempt: AttemptOf<"connect">): ReactNode {
    const { address, tls, message, status } = attempt;
    const outcome =
      status === "running"
        ? t(`phase.${attempt.phases.at(-1)?.name ?? "tcp"}`)
        : tls !== null
          ? t("attempt.connected", { tls: tls.version, login: attempt.login?.by ?? "none" })
          : message === null
            ? t("attempt.stopped")
            : t("attempt.plain");
    const isRefused = status === "failed" && attempt.phases.at(-1)?.name === "auth";
    if (message !== null && (tls === null || isRefused)) return words.finding(message).headline;
    return t.rich("attempt.connect", { address, outcome, c: code });
  }

  function disco(attempt: AttemptOf<"disco">): ReactNode {
    if (attempt.condition !== null)
      return t.rich("attempt.disco.error", { condition: attempt.condition, c: code });
    if (attempt.status === "failed") return t("attempt.disco.silent");
    if (attempt.query === "items")
      return t("attempt.disco.items", { count: attempt.items.length + attempt.itemsLeftOut });
    const what = attempt.identities.map(({ category, type }) => `${category}/${type}`);
    return what.length === 0 ? t("attempt.plain") : <code>{intl.formatList(what)}</code>;
  }

  function attempt(one: Attempt): ReactNode {
    if (one.status === "running" && one.kind !== "connect") return t("attempt.running");
    switch (one.kind) {
      case "agreement":
        return t("attempt.agreement", { name: one.link.name, state: one.state });
      case "dns":
        return dns(one);
      case "connect":
        return connect(one);
      case "disco":
        return disco(one);
      case "name":
        return t.rich("attempt.name", {
          ascii: one.ascii,
          scripts: one.scripts.length === 0 ? "none" : intl.formatList(one.scripts),
          c: code,
        });
      case "policy":
        return t.rich("attempt.policy", { rule: one.rule, c: code });
      case "order":
        return <code>{one.candidates.map(({ host, port }) => `${host}:${port}`).join(" → ")}</code>;
      case "reuse":
        return t.rich("attempt.reuse", {
          description: one.description,
          age: time.duration(one.ageMs),
          c: code,
        });
      case "decision":
        return words.rich(decisionPhrase(one));
    }
  }

  function branch({ attempts, kind }: Branch): ReactNode {
    const [first] = attempts;
    if (first?.kind === "dns") return t.rich("branch.lookup", { ...first.question, c: code });
    if (first?.kind === "connect") {
      const { host, port, security } = first.candidate;
      return t.rich("branch.server", { host, port: String(port), security, c: code });
    }
    if (first?.kind === "disco")
      return t.rich("branch.service", { query: first.query, to: first.to, c: code });
    if (kind === "agreement") return t("branch.agreement");
    return kind === "local" ? t("branch.local") : null;
  }

  function tally(attempts: readonly Attempt[]): string {
    const { total, tried, won } = tallyOf(attempts);
    return total === 1 && tried === 1 ? t("tallyOne", { won }) : t("tally", { total, tried, won });
  }

  /** Resolvers do not win: they agree or they do not. */
  function branchTally({ attempts, kind }: Branch): string {
    if (kind !== "lookup") return tally(attempts);
    return t("resolversAsked", { count: attempts.length, agreement: agreementOf(attempts) });
  }

  return { attempt, branch, tally, branchTally };
}
