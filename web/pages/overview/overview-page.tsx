import { Button, TextInput } from "@mantine/core";
import { IconCircleCheck, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { Attention, Overview } from "#contract/peers.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { OwnerMark, SEVERITY_TONE, useFinding } from "../../components/finding.tsx";
import { NameProblem } from "../../components/name-problem.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status, TONE_ICON } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { PageLoading } from "../../shell/frame.tsx";
import { overviewText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";
import { DomainName } from "../domains/domain-name.tsx";
import { FirstStepsReminder } from "../welcome/first-steps.tsx";
import { ConnectionState } from "../connections/connection-state.tsx";
import classes from "./overview.module.css";
import { PeerStrip } from "./peer-strip.tsx";
import { RecentChanges } from "./recent-changes.tsx";

/** The landing page: what needs attention, then one's own domains, the peers, and who changed what. */
export function OverviewPage() {
  const t = useText(overviewText);
  const may = useMay("admin");
  const { data, error } = useQuery(query("GET /api/v1/overview"));
  return (
    <>
      <PageHeader title={t("title")} />
      {may && <QuickTrace />}
      <div className={classes.reminder}>
        <FirstStepsReminder />
      </div>
      <ProblemNotice error={error} />
      {data === undefined ? error === null && <PageLoading /> : <Sections overview={data} />}
    </>
  );
}

function Sections({ overview }: { readonly overview: Overview }) {
  const t = useText(overviewText);
  const { attention, domains, peers, recentChanges, database } = overview;
  return (
    <div className={classes.stack}>
      <NeedsAttention attention={attention} />
      {database.advise &&
        !attention.some(({ finding }) => finding.code.startsWith("database.")) && (
          <Notice tone="info" title={t("databaseTitle")}>
            <p>{t("databaseBody")}</p>
          </Notice>
        )}
      <div className={classes.columns}>
        <Domains domains={domains} />
        <PeerStrip peers={peers} />
      </div>
      <RecentChanges changes={recentChanges} />
    </div>
  );
}

/** The most frequent task, one field away. */
function QuickTrace() {
  const t = useText(overviewText);
  const navigate = useNavigate();
  const [domain, setDomain] = useState("");
  const start = useCall("POST /api/v1/traces", {
    onSuccess: ({ id }) => void navigate({ to: "/t/$id", params: { id } }),
  });
  return (
    <form
      className={classes.quick}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (domain.trim() !== "") start.mutate({ body: { domain: domain.trim() } });
      }}
    >
      <div className={classes.quickLine}>
        <TextInput
          aria-label={t("traceLabel")}
          placeholder={t("tracePlaceholder")}
          value={domain}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={3071}
          onChange={(event) => setDomain(event.currentTarget.value)}
        />
        <Button type="submit" leftSection={<IconRoute size={16} />} loading={start.isPending}>
          {t("trace")}
        </Button>
      </div>
      <NameProblem
        error={start.error}
        onTake={(name) => {
          setDomain(name);
          start.mutate({ body: { domain: name } });
        }}
      />
    </form>
  );
}

function NeedsAttention({ attention }: { readonly attention: readonly Attention[] }) {
  const t = useText(overviewText);
  if (attention.length === 0)
    return (
      <Panel title={t("attention")}>
        <div className={classes.clear}>
          <IconCircleCheck size={28} stroke={1.75} aria-hidden="true" />
          <div>
            <strong>{t("clearTitle")}</strong>
            <div className="wg-dimmed">{t("clearBody")}</div>
          </div>
        </div>
      </Panel>
    );
  return (
    <Panel title={t("attention")} isFlush>
      <ol className={classes.attention}>
        {attention.map((item, index) => (
          <AttentionRow key={`${item.finding.code} ${item.subject} ${index}`} item={item} />
        ))}
      </ol>
    </Panel>
  );
}

function AttentionRow({ item }: { readonly item: Attention }) {
  const t = useText(overviewText);
  const words = useFinding()(item.finding);
  const tone = SEVERITY_TONE[item.finding.severity];
  const Icon = TONE_ICON[tone];
  return (
    <li data-tone={tone}>
      <Icon size={19} aria-hidden="true" color={`var(--wg-${tone}-fg)`} />
      <div className={classes.what}>
        <div className={classes.headline}>
          {item.state !== null && (
            <>
              <Link to={item.href}>{item.subject}</Link> {t(`is.${item.state}`)}:{" "}
            </>
          )}
          {words.headline}
        </div>
        <div className="wg-dimmed">{words.fixes[0] ?? words.meaning}</div>
        <div className={classes.facts}>
          <OwnerMark finding={item.finding} />
          {item.since !== null && (
            <span className="wg-dimmed">{t.rich("since", { time: <Time at={item.since} /> })}</span>
          )}
        </div>
      </div>
      {item.state === null && (
        <Link to={item.href} className={classes.open}>
          {item.subject === "" ? t("open") : item.subject}
        </Link>
      )}
    </li>
  );
}

function Domains({ domains }: { readonly domains: Overview["domains"] }) {
  const t = useText(overviewText);
  const unicode = useUnicodeNames();
  const may = useMay("admin");
  return (
    <Panel
      title={t("domains")}
      actions={may && domains.length > 0 && <Link to="/domains/new">{t("addDomain")}</Link>}
    >
      {domains.length === 0 ? (
        <>
          <p className="wg-dimmed">{t("domainsEmpty")}</p>
          {may && (
            <Button mt="sm" renderRoot={(props) => <Link to="/domains/new" {...props} />}>
              {t("addDomain")}
            </Button>
          )}
        </>
      ) : (
        <ul className={classes.rows}>
          {domains.map((domain) => (
            <li key={`${domain.id} ${domain.linkName ?? ""}`}>
              <div style={{ minWidth: 0 }}>
                <Link to="/domains/$id" params={{ id: domain.id }}>
                  <DomainName domain={{ domain: domain.domain, unicode: unicode(domain.domain) }} />
                </Link>
                {domain.linkName !== null && <div className="wg-dimmed">{domain.linkName}</div>}
              </div>
              <div className={classes.state}>
                {domain.linkState === null ? (
                  <Status tone="warning">{t("notAttached")}</Status>
                ) : (
                  <ConnectionState state={domain.linkState} />
                )}
                {domain.since !== null && (
                  <span className="wg-dimmed">
                    {t.rich("lasting", { time: <Time at={domain.since} style="elapsed" /> })}
                  </span>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
