import { Button } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import type { X2xLink, X2xLinkRequest } from "#contract/x2x.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { AgreementView } from "./agreement-view.tsx";
import { CheckNotices, CheckProblem } from "./check-notices.tsx";
import {
  agreementOf,
  type Faults,
  ownTermsOf,
  requestOf,
  type Step,
  stepOf,
  steps,
  type X2xDraft,
} from "./draft.ts";
import { useFieldName } from "./field-name.ts";
import { useFaultWord, useTerms } from "./fields.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { useCheck } from "./use-check.ts";
import classes from "./x2x.module.css";

interface ReviewStepProps {
  readonly draft: X2xDraft;
  readonly faults: Faults;
  readonly create: UseMutationResult<X2xLink, ApiProblem, { body: X2xLinkRequest }>;
  readonly onChange: (step: Step) => void;
}

/** All of a link at once, judged by the appliance, before it is made. */
export function ReviewStep({ draft, faults, create, onChange }: ReviewStepProps) {
  const t = useTerms();
  const isWhole = Object.keys(faults).length === 0;
  const agreement = agreementOf(draft);
  const check = useCheck(
    isWhole ? { agreement, listenAddress: ownTermsOf(draft).listenAddress } : null,
  );
  const isGood = isWhole && check.error === null && check.data?.faults.length === 0;
  return (
    <div className={classes.stack}>
      {isWhole ? (
        <CheckNotices agreement={agreement} check={check.data} error={check.error} />
      ) : (
        <Missing faults={faults} draft={draft} onChange={onChange} />
      )}
      <Panel
        title={draft.name.trim() || t("step.review")}
        description={t("reviewAbout")}
        actions={<StepButtons onChange={onChange} />}
      >
        <AgreementView
          agreement={isGood && check.data !== undefined ? check.data.agreement : agreement}
          own={ownTermsOf(draft)}
        />
      </Panel>
      {isGood && (
        <Panel title={t("fingerprint")} description={t("fingerprintAbout")}>
          <Fingerprint digits={check.data?.fingerprint ?? ""} />
        </Panel>
      )}
      <CheckProblem error={create.error} />
      <div className={classes.foot}>
        <Button
          loading={create.isPending}
          disabled={!isGood || check.isPlaceholderData}
          onClick={() => create.mutate({ body: requestOf(draft) })}
        >
          {t("makeIt")}
        </Button>
        <Button variant="default" onClick={() => onChange("habits")}>
          {t("back")}
        </Button>
      </div>
    </div>
  );
}

/** Back to any step. */
function StepButtons({ onChange }: Pick<ReviewStepProps, "onChange">) {
  const t = useTerms();
  return (
    <nav className={classes.badges} aria-label={t("changeSteps")}>
      <span className="wg-dimmed">{t("change")}</span>
      {steps
        .filter((step) => step !== "review")
        .map((step) => (
          <Button key={step} size="compact-sm" variant="default" onClick={() => onChange(step)}>
            {t(`step.${step}`)}
          </Button>
        ))}
    </nav>
  );
}

/** What was left out, each leading to its step. */
function Missing({
  faults,
  draft,
  onChange,
}: Pick<ReviewStepProps, "faults" | "draft" | "onChange">) {
  const t = useTerms();
  const word = useFaultWord();
  const nameOf = useFieldName();
  const first = Object.keys(faults)[0] ?? "name";
  return (
    <Notice
      tone="failed"
      role="alert"
      title={t("faultsTitle")}
      action={
        <Button size="compact-sm" variant="default" onClick={() => onChange(stepOf(first, draft))}>
          {t("change")}
        </Button>
      }
    >
      <ul>
        {Object.entries(faults).map(([field, fault]) => (
          <li key={field}>
            {t("ofField", {
              what: field === "consent" ? t("security") : nameOf(field),
              fault: word(fault),
            })}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
