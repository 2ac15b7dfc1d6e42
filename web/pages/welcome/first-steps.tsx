import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { welcomeText } from "../../text/welcome.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./first-steps.module.css";

interface FirstStep {
  readonly key: "domain" | "attach" | "certificate" | "records" | "trace" | "peer";
  readonly isDone: boolean;
  readonly link: Pick<LinkProps, "to" | "params">;
}

/** The steps of the first run with their state; the first that is not done is the next. */
export function FirstSteps() {
  const t = useText(welcomeText);
  const { steps } = useFirstSteps();
  const mayChange = useMay("admin");
  const next = steps.find((step) => !step.isDone)?.key;
  return (
    <ol className={classes.steps}>
      {steps.map((step, index) => (
        <li
          key={step.key}
          className={classes.step}
          data-state={step.isDone ? "done" : step.key === next ? "next" : "later"}
          {...(step.key === next ? { "aria-current": "step" as const } : {})}
        >
          <span className={classes.number} aria-hidden="true">
            {step.isDone ? <IconCheck size={16} /> : index + 1}
          </span>
          <div>
            <h2>
              {t(`${step.key}Title`)}
              {step.isDone && <span className="wg-visually-hidden">: {t("done")}</span>}
            </h2>
            <p className={classes.body}>{t(`${step.key}Body`)}</p>
          </div>
          {!step.isDone && mayChange && (
            <div className={classes.action}>
              <Button
                variant={step.key === next ? "filled" : "default"}
                renderRoot={(props) => <Link {...step.link} {...props} />}
              >
                {t(`${step.key}Action`)}
              </Button>
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}

/** A line that leads back to the guide while a step is left, for those who can take it. */
export function FirstStepsReminder() {
  const t = useText(welcomeText);
  const { steps, isLoading } = useFirstSteps();
  const mayChange = useMay("admin");
  const done = steps.filter((step) => step.isDone).length;
  // Unknown is not "none done": nothing jumps in while the answers are on their way.
  if (!mayChange || isLoading || done === steps.length) return null;
  return (
    <Notice
      tone="info"
      title={t("reminder")}
      action={
        <Button
          size="compact-sm"
          variant="default"
          renderRoot={(props) => <Link to="/welcome" {...props} />}
        >
          {t("open")}
        </Button>
      }
    >
      {t("progress", { done, total: steps.length })}
    </Notice>
  );
}

/** Which steps are done, by what there is; `isLoading` while that is not known. */
export function useFirstSteps(): {
  readonly steps: readonly FirstStep[];
  readonly isLoading: boolean;
} {
  const domains = useQuery(query("GET /api/v1/domains")).data?.items;
  const certificates = useQuery(query("GET /api/v1/certificates")).data?.items;
  const traces = useQuery(
    query("GET /api/v1/traces", { query: { trigger: "person", limit: 1 } }),
  ).data;
  const peers = useQuery(
    query("GET /api/v1/peers", { query: { stance: "trusted", limit: 1 } }),
  ).data;
  const first = domains?.[0];
  const attached = domains?.find((domain) =>
    domain.links.some(({ state }) => state === "attached"),
  );
  const arePublished = domains?.some((domain) => domain.recordsPublishedAt !== null) === true;
  const toDomain: FirstStep["link"] =
    first === undefined
      ? { to: "/domains" }
      : { to: "/domains/$id", params: { id: attached?.id ?? first.id } };
  const steps: readonly FirstStep[] = [
    { key: "domain", isDone: first !== undefined, link: { to: "/domains/new" } },
    { key: "attach", isDone: attached !== undefined, link: toDomain },
    {
      key: "certificate",
      isDone: certificates !== undefined && certificates.length > 0,
      link: { to: "/certificates/new" },
    },
    { key: "records", isDone: arePublished, link: toDomain },
    { key: "trace", isDone: (traces?.total ?? 0) > 0, link: { to: "/traces" } },
    { key: "peer", isDone: (peers?.total ?? 0) > 0, link: { to: "/peers/new" } },
  ];
  return {
    steps,
    isLoading: [domains, certificates, traces, peers].some((answer) => answer === undefined),
  };
}
