import "@mantine/core/styles/Tabs.layer.css";
import { ActionIcon, Tabs } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconX } from "@tabler/icons-react";
import { useId } from "react";
import type { Attempt, Step, Trace } from "#contract/traces.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { EvidenceCertificate } from "./evidence-certificate.tsx";
import { EvidenceResult } from "./evidence-result.tsx";
import { EvidenceStanzas } from "./evidence-stanzas.tsx";
import classes from "./evidence.module.css";
import { commandsFor, recordsText } from "./records.ts";
import { usePageText, type Words } from "./words.tsx";

export const evidenceTabs = ["result", "records", "stanzas", "certificate", "raw"] as const;
export type EvidenceTab = (typeof evidenceTabs)[number];

interface EvidenceProps {
  readonly step: Step;
  readonly trace: Trace;
  readonly words: Words;
  readonly tab: EvidenceTab;
  readonly onTab: (tab: EvidenceTab) => void;
  readonly onMove: (step: number) => void;
  readonly onClose: () => void;
}

/** What a step's verdict rests on: a sheet beside the list on wide screens, below its row on others. */
export function Evidence({ step, trace, words, tab, onTab, onMove, onClose }: EvidenceProps) {
  const t = usePageText();
  const id = useId();
  const shown = tabsFor(step.attempts);
  const current = shown.includes(tab) ? tab : "result";
  return (
    <section
      className={classes.sheet}
      aria-labelledby={id}
      onClick={(event) => event.stopPropagation()}
    >
      <div className={classes.head}>
        <h4 id={id}>
          <span className="wg-visually-hidden">{t("evidence", { step: step.number })}: </span>
          <span aria-hidden="true">{step.number} · </span>
          {words.title(step.number, trace.domain)}
        </h4>
        <div className={classes.controls}>
          <ActionIcon
            variant="subtle"
            aria-label={t("evidencePrevious")}
            disabled={step.number === 1}
            onClick={() => onMove(step.number - 1)}
          >
            <IconChevronUp size={18} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            aria-label={t("evidenceNext")}
            disabled={step.number === 13}
            onClick={() => onMove(step.number + 1)}
          >
            <IconChevronDown size={18} />
          </ActionIcon>
          <ActionIcon variant="subtle" aria-label={t("evidenceClose")} onClick={onClose}>
            <IconX size={18} />
          </ActionIcon>
        </div>
      </div>
      <div className={classes.body}>
        <Tabs
          value={current}
          onChange={(value) => onTab(evidenceTabs.find((one) => one === value) ?? "result")}
          keepMounted={false}
        >
          <Tabs.List>
            {shown.map((one) => (
              <Tabs.Tab key={one} value={one}>
                {t(TAB_LABEL[one])}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {shown.map((one) => (
            <Tabs.Panel key={one} value={one} tabIndex={0}>
              <TabBody tab={one} step={step} trace={trace} words={words} />
            </Tabs.Panel>
          ))}
        </Tabs>
      </div>
    </section>
  );
}

const TAB_LABEL = {
  result: "tabResult",
  records: "tabRecords",
  stanzas: "tabStanzas",
  certificate: "tabCertificate",
  raw: "tabRaw",
} as const;

/** Only tabs that have something in them. */
function tabsFor(attempts: readonly Attempt[]): EvidenceTab[] {
  return evidenceTabs.filter((tab) => {
    if (tab === "records") return attempts.some(({ kind }) => kind === "dns");
    if (tab === "stanzas")
      return attempts.some((one) => "transcript" in one && one.transcript.length > 0);
    if (tab === "certificate")
      return attempts.some((one) => "certificate" in one && one.certificate !== null);
    return true;
  });
}

function TabBody({
  tab,
  step,
  trace,
  words,
}: Pick<EvidenceProps, "step" | "trace" | "words"> & { readonly tab: EvidenceTab }) {
  switch (tab) {
    case "result":
      return <EvidenceResult step={step} trace={trace} words={words} />;
    case "records":
      return <EvidenceRecords step={step} trace={trace} />;
    case "stanzas":
      return <EvidenceStanzas step={step} />;
    case "certificate":
      return <EvidenceCertificate step={step} words={words} />;
    case "raw":
      return <EvidenceRaw step={step} />;
  }
}

function EvidenceRecords({ step, trace }: Pick<EvidenceProps, "step" | "trace">) {
  const t = usePageText();
  const commands = commandsFor(step.attempts, trace.domain);
  return (
    <div className={classes.stack}>
      <CodeBlock label={t("recordsLabel")} code={recordsText(step.attempts)} isWrapped />
      {commands.length > 0 && (
        <CodeBlock
          label={t("commandsLabel")}
          code={commands.map(({ text }) => text).join("\n")}
          isWrapped
        />
      )}
    </div>
  );
}

function EvidenceRaw({ step }: Pick<EvidenceProps, "step">) {
  const t = usePageText();
  return (
    <div className={classes.stack}>
      <CodeBlock
        label={t("rawLabel", { step: step.number })}
        code={JSON.stringify(step, null, 2)}
      />
    </div>
  );
}
