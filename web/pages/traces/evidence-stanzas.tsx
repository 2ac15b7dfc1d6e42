import { IconArrowLeft, IconArrowRight } from "@tabler/icons-react";
import type { Step } from "#contract/traces.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import classes from "./evidence.module.css";
import { indentXml } from "./pretty-xml.ts";
import { usePageText } from "./words.tsx";

const maxShown = 200_000;

/** The conversation as it went over the wire, secrets masked when it was recorded. */
export function EvidenceStanzas({ step }: { readonly step: Step }) {
  const t = usePageText();
  const time = useTimeFormat();
  const talks = step.attempts.flatMap((attempt) =>
    "transcript" in attempt && attempt.transcript.length > 0 ? [attempt] : [],
  );
  return (
    <div className={classes.stack}>
      {talks.map((attempt) => (
        <div key={attempt.id} className={classes.stack}>
          <h5>
            {attempt.id} · {t(`source.${attempt.source}`)} ·{" "}
            <span className="wg-mono">
              {attempt.kind === "connect" ? attempt.address : attempt.to}
            </span>
          </h5>
          {attempt.transcript.map((line, index) => {
            const xml = indentXml(line.xml.slice(0, maxShown));
            const isOut = line.direction === "out";
            const said = t(isOut ? "stanzaOut" : "stanzaIn");
            return (
              <div key={index} className={classes.line} data-direction={line.direction}>
                <div className={classes.lineHead}>
                  {isOut ? (
                    <IconArrowRight size={15} aria-hidden="true" />
                  ) : (
                    <IconArrowLeft size={15} aria-hidden="true" />
                  )}
                  {said}
                  <span className="wg-numbers" style={{ fontWeight: 400 }}>
                    {time.duration(line.offsetMs)}
                  </span>
                  <span style={{ marginInlineStart: "auto" }}>
                    <CopyButton value={line.xml} what="XML" />
                  </span>
                </div>
                <pre tabIndex={0} role="region" aria-label={`${said}, ${attempt.id}.${index + 1}`}>
                  <code>{xml}</code>
                </pre>
              </div>
            );
          })}
        </div>
      ))}
      <p className="wg-dimmed">{t("stanzaMasked")}</p>
    </div>
  );
}
