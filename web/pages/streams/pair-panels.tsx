import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Finding } from "#contract/traces.ts";
import { query } from "../../api/query.ts";
import { FindingNotice, FindingText } from "../../components/finding.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import { ReachBackPanel } from "./reach-back-panel.tsx";
import classes from "./streams.module.css";
import { TapPanel } from "./tap-panel.tsx";

interface Pair {
  readonly local: string;
  readonly remote: string;
}

/** What belongs to a name of ours and a domain, whatever stream there is. */
export function PairPanels({ local, remote }: Pair) {
  return (
    <>
      <div className={`${classes.columns} ${classes.loose}`}>
        <ReachBackPanel key={`${local} ${remote}`} local={local} remote={remote} />
        <FailuresPanel local={local} remote={remote} />
      </div>
      <TapPanel key={remote} remote={remote} />
    </>
  );
}

/** The row of the connections that tells of this pair; null when nothing is remembered. */
export function usePairRow({ local, remote }: Pair) {
  const { data } = useQuery(query("GET /api/v1/connections", { query: { local, remote } }));
  return data === undefined ? undefined : (data.items[0] ?? null);
}

const SHOWN = 5;

function FailuresPanel(pair: Pair) {
  const t = useText(streamsText);
  const row = usePairRow(pair);
  const { data } = useQuery({
    ...query("GET /api/v1/connections/:id/history", { params: { id: row?.id ?? "" } }),
    enabled: row != null,
  });
  const failures = (data?.items ?? []).filter(({ detail }) => detail !== null).slice(0, SHOWN);
  return (
    <Panel title={t("failures")}>
      {failures.length === 0 ? (
        <p className="wg-dimmed">{t("failuresNone")}</p>
      ) : (
        <ul className={classes.failures}>
          {failures.map(({ id, at, detail }) => (
            <li key={id}>
              <div className="wg-dimmed">
                <Time at={at} />
              </div>
              {detail !== null && <Failure finding={detail} />}
            </li>
          ))}
        </ul>
      )}
      {row != null && (
        <p style={{ marginTop: "0.75rem" }}>
          <Link to="/connections" search={{ q: pair.remote, history: row.id }}>
            {t("failuresMore")}
          </Link>
        </p>
      )}
    </Panel>
  );
}

/** What failed in a line; opened, what it means and what to do. */
function Failure({ finding }: { readonly finding: Finding }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <FindingText finding={finding} />
      </summary>
      {isOpen && <FindingNotice finding={finding} />}
    </details>
  );
}
