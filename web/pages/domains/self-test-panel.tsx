import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { SelfTest } from "#contract/self-tests.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { FindingNotice } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { selfTestText } from "../../text/self-test.ts";
import { useText } from "../../text/use-text.tsx";
import { isKeptElsewhere, linkOfDomain } from "./advertised-place.ts";
import { ReachPart } from "./reach-part.tsx";
import { RecordCardView } from "./record-card.tsx";
import { keyOf } from "../../text/finding-words.ts";
import { otherFindings } from "./self-test-findings.ts";
import classes from "./self-test.module.css";

const AGAIN_MS = 30_000;

/** What DNS says of the domain outside, card by card, tested again until all of it is green. */
export function SelfTestPanel({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(selfTestText);
  const mayRun = useMay("admin");
  const test = useCall("POST /api/v1/self-tests");
  const { mutate, data, isPending } = test;
  const [isWatching, setIsWatching] = useState(true);
  const keeper = keeperOf(domain);
  const isUnfinished = data?.cards.some((card) => card.status !== "ok") === true;
  useRunOnOpen(mayRun, domain, () => mutate({ body: { domainId: domain.id } }));
  useEffect(() => {
    if (!isWatching || !isUnfinished || isPending || !mayRun) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) mutate({ body: { domainId: domain.id } });
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [isWatching, isUnfinished, isPending, mayRun, mutate, domain.id]);

  return (
    <Panel
      title={t("title")}
      description={t(INTRO[keeper], { domain: domain.unicode })}
      actions={
        mayRun && (
          <Button
            size="compact-sm"
            variant="default"
            loading={isPending}
            onClick={() => mutate({ body: { domainId: domain.id } })}
          >
            {t("run")}
          </Button>
        )
      }
    >
      {!mayRun && <p className="wg-dimmed">{t("onlyAdmins")}</p>}
      <ProblemNotice error={test.error} />
      {isPending && data === undefined && <PageLoading />}
      {data !== undefined && (
        <div className={classes.parts}>
          <Summary result={data} keeper={keeper} />
          {isUnfinished && isWatching && (
            <p className="wg-dimmed" role="status">
              {t("watching", { seconds: AGAIN_MS / 1000 })}{" "}
              <Button size="compact-sm" variant="subtle" onClick={() => setIsWatching(false)}>
                {t("stopWatching")}
              </Button>
            </p>
          )}
          {data.cards.map((card) => (
            <RecordCardView key={card.id} card={card} />
          ))}
          <ReachPart result={data} isOurs={keeper !== "server"} />
          {otherFindings(data).map((finding) => (
            <FindingNotice key={keyOf(finding)} finding={finding} />
          ))}
        </div>
      )}
    </Panel>
  );
}

/** Who answers for the domain: the server that our component is attached to, one that we know nothing of, or we. */
type Keeper = "server" | "elsewhere" | "us";

const INTRO = { server: "intro", elsewhere: "introElsewhere", us: "introOurs" } as const;

function keeperOf(domain: LocalDomain): Keeper {
  if (linkOfDomain(domain) !== null) return "us";
  return isKeptElsewhere(domain) ? "elsewhere" : "server";
}

function Summary({ result, keeper }: { readonly result: SelfTest; readonly keeper: Keeper }) {
  const t = useText(selfTestText);
  const { state } = result.discovery;
  const ours = keeper === "us" ? "Ours" : "";
  const isAsked = state === "found" || state === "not_listed";
  const isAllGood = result.cards.length > 0 && result.cards.every((card) => card.status === "ok");
  return (
    <div className={classes.summary}>
      <div role="status">{isAllGood && <Notice tone="ok">{t("allGood")}</Notice>}</div>
      {keeper === "elsewhere" ? (
        <p>{t("keptElsewhere", { domain: result.domain })}</p>
      ) : (
        <p>
          {state !== "found" && <>{t(`discovery_${state}${ours}`, { domain: result.domain })}. </>}
          {isAsked
            ? t(`rule${result.rule}${ours}`, { domain: result.domain, name: result.waveName })
            : t("ruleUnasked", { name: result.waveName })}
        </p>
      )}
      {result.outsideResolvers.length === 0 ? (
        <p>
          {t("noResolvers")} <Link to="/settings">{t("toSettings")}</Link>
        </p>
      ) : (
        <p className="wg-dimmed">
          {t.rich("testedAt", {
            resolvers: result.outsideResolvers.join(", "),
            time: () => <Time key="at" at={result.at} />,
          })}
        </p>
      )}
    </div>
  );
}

/** Once when the page opens, and once more when what is expected of DNS was edited. */
function useRunOnOpen(mayRun: boolean, domain: LocalDomain, run: () => void): void {
  const { id, advertisedHost, advertisedPort, advertisedAddresses, links } = domain;
  const places = links.map((link) => [link.kind, link.name, link.host, link.port, link.ownPorts]);
  const wanted = JSON.stringify([id, advertisedHost, advertisedPort, advertisedAddresses, places]);
  const ran = useRef<string | null>(null);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!mayRun || ran.current === wanted) return;
    ran.current = wanted;
    latest.current();
  }, [mayRun, wanted]);
}
