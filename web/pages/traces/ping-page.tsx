import { Button, Loader, TextInput } from "@mantine/core";
import { IconArrowsLeftRight, IconWaveSine } from "@tabler/icons-react";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { PingResult } from "#contract/traces.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { NameProblem } from "../../components/name-problem.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { tracesListText } from "../../text/traces-list.ts";
import { useText } from "../../text/use-text.tsx";
import { isUndelivered, proofOf } from "./ping-proof.ts";
import classes from "./trace-form.module.css";

const route = getRouteApi("/signed-in/ping");

/** Pings a domain through our own XMPP server, and says what an answer proves. */
export function PingPage() {
  const t = useText(tracesListText);
  const { domain: wanted = "" } = route.useSearch();
  const [domain, setDomain] = useState(wanted);
  const may = useMay("admin");
  const ping = useCall("POST /api/v1/pings", { changes: ["traces"] });
  const send = (name: string) => ping.mutate({ body: { domain: name.trim() } });
  return (
    <>
      <PageHeader
        title={t("pingTitle")}
        description={t("pingDescription")}
        crumbs={[{ label: t("title"), to: "/traces" }]}
      />
      <Panel>
        <form
          className={classes.form}
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            if (domain.trim() !== "") send(domain);
          }}
        >
          <div className={classes.line}>
            <TextInput
              className={classes.domain ?? ""}
              label={t("domain")}
              value={domain}
              placeholder={t("domainPlaceholder")}
              size="md"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              error={ping.error !== null && ping.error.fields["domain"]}
              onChange={(event) => setDomain(event.currentTarget.value)}
            />
            <Button
              type="submit"
              size="md"
              disabled={!may}
              loading={ping.isPending}
              leftSection={<IconWaveSine size={18} />}
            >
              {ping.data === undefined ? t("ping") : t("pingAgain")}
            </Button>
          </div>
          <NameProblem
            error={ping.error}
            onTake={(name) => {
              setDomain(name);
              send(name);
            }}
          />
        </form>
      </Panel>
      <div role="status" style={{ marginTop: "1rem" }}>
        {ping.isPending && (
          <span style={{ display: "inline-flex", alignItems: "center", gap: "0.5rem" }}>
            <Loader size="xs" aria-hidden="true" />
            {t("pinging")}
          </span>
        )}
        {ping.data !== undefined && !ping.isPending && <PingResultView result={ping.data} />}
      </div>
    </>
  );
}

/** What came back, and what it proves. */
export function PingResultView({ result }: { readonly result: PingResult }) {
  const t = useText(tracesListText);
  return (
    <Panel title={t("pingResult", { domain: result.domain })}>
      <div style={{ display: "grid", gap: "0.875rem" }}>
        <Proof result={result} />
        <dl style={{ display: "grid", gap: "0.625rem", margin: 0 }}>
          <Leg label={t("legWave")} leg={result.wave} />
          <Leg label={t("legXmpp")} leg={result.xmpp} />
        </dl>
        {result.message !== null && <FindingNotice finding={result.message} />}
        <p className="wg-dimmed">
          <Time at={result.at} />
          {result.traceId !== null && (
            <>
              {" · "}
              <Link to="/t/$id" params={{ id: result.traceId }}>
                {t("pingTrace")}
              </Link>
            </>
          )}
        </p>
      </div>
    </Panel>
  );
}

function Proof({ result }: { readonly result: PingResult }) {
  const t = useText(tracesListText);
  const proof = proofOf(result);
  if (proof === "both" || proof === "agreed")
    return (
      <Notice
        tone="ok"
        title={
          <>
            <IconArrowsLeftRight size={15} aria-hidden="true" />{" "}
            {proof === "both" ? t("pingProves") : t("pingProvesLink")}
          </>
        }
      >
        <p>
          {proof === "both"
            ? t("pingProvesBody")
            : t("pingProvesLinkBody", { link: result.agreedLink ?? "" })}
        </p>
      </Notice>
    );
  return (
    <Notice tone="warning" title={t(`pingProof.${proof}`)}>
      <p>{t(`pingProofBody.${proof}`)}</p>
    </Notice>
  );
}

const LEG_TONE: Readonly<Record<PingResult["wave"]["status"], Tone>> = {
  answered: "ok",
  refused: "info",
  timeout: "failed",
  not_sent: "idle",
};

function Leg({ label, leg }: { readonly label: string; readonly leg: PingResult["wave"] }) {
  const t = useText(tracesListText);
  const time = useTimeFormat();
  return (
    <div>
      <dt style={{ fontWeight: 600 }}>
        {label}{" "}
        {leg.to !== null && <span className="wg-mono wg-dimmed">{t("legTo", { to: leg.to })}</span>}
      </dt>
      <dd style={{ margin: 0, display: "flex", flexWrap: "wrap", gap: "0 0.75rem" }}>
        {isUndelivered(leg) ? (
          <Status tone="failed">{t("leg.undelivered")}</Status>
        ) : (
          <Status tone={LEG_TONE[leg.status]}>{t(`leg.${leg.status}`)}</Status>
        )}
        {leg.roundTripMs !== null && (
          <span className="wg-numbers">
            {t("roundTrip", { duration: time.duration(leg.roundTripMs) })}
          </span>
        )}
        {leg.condition !== null && (
          <span className="wg-dimmed">
            {t(isUndelivered(leg) ? "legUndelivered" : "legRefused", { condition: leg.condition })}
          </span>
        )}
      </dd>
    </div>
  );
}
