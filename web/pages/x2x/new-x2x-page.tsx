import { Button } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { WizardSteps } from "../domains/wizard-steps.tsx";
import { DirectionFields } from "./direction-fields.tsx";
import {
  type Faults,
  faultsOf,
  newDraft,
  type Step,
  stepOf,
  steps,
  type X2xDraft,
} from "./draft.ts";
import { type FieldsProps, useFaultAt, useTerms } from "./fields.ts";
import { HabitsFields } from "./habits-fields.tsx";
import { IdentityFields } from "./identity-fields.tsx";
import { ReviewStep } from "./review-step.tsx";
import { SecurityFields } from "./security-fields.tsx";
import { WhoFields } from "./who-fields.tsx";
import classes from "./x2x.module.css";

const route = getRouteApi("/signed-in/connections/x2x/new");

const FIELDS = {
  who: WhoFields,
  direction: DirectionFields,
  security: SecurityFields,
  identity: IdentityFields,
  habits: HabitsFields,
} as const;

/** Makes a link, step by step; the step is in the address, so that the browser's way back leads one step back. */
export function NewX2xPage() {
  const t = useTerms();
  const words = useText(x2xText);
  const shell = useText(shellText);
  const may = useMay("admin");
  const { step = "who" } = route.useSearch();
  return (
    <>
      <PageHeader
        title={t("newTitle")}
        crumbs={[
          { label: words("crumb"), to: "/connections" },
          { label: words("title"), to: "/connections/x2x" },
        ]}
        description={
          <WizardSteps
            labels={steps.map((one) => t(`step.${one}`))}
            current={steps.indexOf(step) + 1}
          />
        }
      />
      {may ? <Wizard step={step} /> : <Notice tone="info">{shell("readOnly")}</Notice>}
    </>
  );
}

function Wizard({ step }: { readonly step: Step }) {
  const t = useTerms();
  const navigate = route.useNavigate();
  const leave = useNavigate();
  const [draft, setDraft] = useState(newDraft);
  // Nobody is told of what is missing before having had the chance to fill it in.
  const [told, setTold] = useState<ReadonlySet<Step>>(new Set());
  const all = faultsOf(draft);
  const shown = of(all, draft, (one) => told.has(one));
  const fields: FieldsProps = {
    draft,
    set: (part) => setDraft((now) => ({ ...now, ...part })),
    faultAt: useFaultAt(shown),
  };
  const create = useCall("POST /api/v1/x2x-links", {
    onSuccess: ({ id }) =>
      void leave({ to: "/connections/x2x/$id/half", params: { id }, search: { why: "made" } }),
  });
  const go = (to: Step) => void navigate({ search: to === "who" ? {} : { step: to } });
  const index = steps.indexOf(step);
  const heading = useFocus(step);

  function next(): void {
    setTold((now) => new Set([...now, step]));
    if (Object.keys(of(all, draft, (one) => one === step)).length > 0) return;
    go(steps[index + 1] ?? "review");
  }

  if (step === "review") {
    return (
      <ReviewStep
        draft={draft}
        faults={all}
        create={create}
        onChange={(to) => {
          setTold(new Set(steps));
          go(to);
        }}
      />
    );
  }
  const Fields = FIELDS[step];
  return (
    <Panel
      title={
        <span ref={heading} tabIndex={-1}>
          {t(`step.${step}`)}
        </span>
      }
      description={t(`${step}About`)}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          next();
        }}
      >
        <Fields {...fields} />
        <div className={classes.foot}>
          <Button type="submit">{t("next")}</Button>
          {index > 0 ? (
            <Button variant="default" onClick={() => go(steps[index - 1] ?? "who")}>
              {t("back")}
            </Button>
          ) : (
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/connections/x2x" {...props} />}
            >
              {t("leave")}
            </Button>
          )}
        </div>
      </form>
    </Panel>
  );
}

/** Faults on some steps only. */
function of(faults: Faults, draft: X2xDraft, isOf: (step: Step) => boolean): Faults {
  return Object.fromEntries(Object.entries(faults).filter(([field]) => isOf(stepOf(field, draft))));
}

/** A new step begins at its heading, for the keyboard and for screen readers. */
function useFocus(step: Step) {
  const heading = useRef<HTMLSpanElement>(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    heading.current?.focus();
  }, [step]);
  return heading;
}
