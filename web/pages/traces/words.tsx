import { type ReactNode, useMemo } from "react";
import { useIntl } from "react-intl";
import type { Finding, Step, Trace } from "#contract/traces.ts";
import { useFinding } from "../../components/finding.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { plainFinding } from "../../text/finding-words.ts";
import { tracePageText } from "../../text/trace-page.ts";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";
import type { Phrase } from "./phrase.ts";
import { becauseFinding, becauseKey, stepResult, stepTitle } from "./results.ts";

export const code = (chunks: ReactNode[]) => <code>{chunks}</code>;
const plain = (chunks: ReactNode[]) => chunks.join("");

/** Words phrases, findings and steps, with names marked as code or as plain text. */
export function useWords() {
  const t = useText(traceWords);
  const intl = useIntl();
  const time = useTimeFormat();
  const finding = useFinding();
  return useMemo(() => {
    const valuesOf = ({ key, values }: Phrase) =>
      key === "result.reused"
        ? { ...values, age: time.duration(Number(values["age"] ?? 0)) }
        : values;
    const rich = (phrase: Phrase): ReactNode =>
      t.rich(phrase.key, { ...valuesOf(phrase), c: code });
    const text = (phrase: Phrase): string =>
      String(
        intl.formatMessage({ id: phrase.key, defaultMessage: traceWords[phrase.key] }, {
          ...valuesOf(phrase),
          c: plain,
        } as unknown as Record<string, string>),
      );
    const headline = (said: Finding) => plainFinding(intl, said).headline;

    function because(
      step: Step,
      trace: Trace,
    ): { where: string; key: ReturnType<typeof becauseKey>; finding: Finding | null } {
      const { because: reason = { code: "trace.cancelled", step: null } } = step;
      const where = reason.step === null ? "" : t("because.step", { step: reason.step });
      const key = becauseKey(reason.code);
      return { where, key, finding: key === null ? becauseFinding(trace, reason) : null };
    }
    /** A step's result as elements. */
    function result(step: Step, trace: Trace): ReactNode {
      const said = stepResult(step);
      if (said === null) return null;
      if (said.kind === "phrase") return rich(said.phrase);
      if (said.kind === "finding") return finding(said.finding).headline;
      const { where, key, finding: cause } = because(step, trace);
      if (key !== null) return t.rich(key, { where, c: code });
      if (cause === null) return t(`because.${said.status}`, { where });
      const { headline: why } = finding(cause);
      return t.rich(`because.${said.status}.finding`, { where, headline: why, c: code });
    }
    /** The same as text, for announcements and titles. */
    function resultText(step: Step, trace: Trace): string {
      const said = stepResult(step);
      if (said === null) return "";
      if (said.kind === "phrase") return text(said.phrase);
      if (said.kind === "finding") return headline(said.finding);
      const { where, key, finding: cause } = because(step, trace);
      if (key !== null) return text({ key, values: { where } });
      if (cause === null) return t(`because.${said.status}`, { where });
      return text({
        key: `because.${said.status}.finding`,
        values: { where, headline: headline(cause) },
      });
    }
    const title = (number: number, domain: string) => text(stepTitle(number, domain));
    return { rich, text, headline, result, resultText, title, finding };
  }, [t, intl, time, finding]);
}

export type Words = ReturnType<typeof useWords>;

/** Labels of the trace page. */
export function usePageText() {
  return useText(tracePageText);
}
