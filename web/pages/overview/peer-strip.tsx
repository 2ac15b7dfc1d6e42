import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Overview } from "#contract/peers.ts";
import { useMay } from "../../api/session.ts";
import { Panel } from "../../components/panel.tsx";
import { Status, TONE_ICON, type Tone } from "../../components/status.tsx";
import { overviewText } from "../../text/watch.ts";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { HEALTH_TONE } from "../peers/health.tsx";
import classes from "./overview.module.css";

const maxShown = 120;
const states = ["down", "degraded", "up", "unknown"] as const;

/** All peers at a glance: counts that lead to the list, and a square for each. */
export function PeerStrip({ peers }: { readonly peers: Overview["peers"] }) {
  const t = useText(overviewText);
  const may = useMay("admin");
  const total = peers.up + peers.degraded + peers.down + peers.unknown + peers.blocked;
  return (
    <Panel title={t("peers")} actions={total > 0 && <Link to="/peers">{t("allPeers")}</Link>}>
      {total === 0 ? (
        <>
          <p className="wg-dimmed">{t("peersEmpty")}</p>
          {may && (
            <Button
              mt="sm"
              variant="default"
              renderRoot={(props) => <Link to="/peers/new" {...props} />}
            >
              {t("addPeer")}
            </Button>
          )}
        </>
      ) : (
        <>
          <ul className={classes.counts}>
            {states
              .filter((state) => peers[state] > 0)
              .map((state) => (
                <li key={state}>
                  <Link to="/peers" search={{ state }}>
                    <Status tone={HEALTH_TONE[state]}>
                      {t("count", { count: peers[state], state })}
                    </Status>
                  </Link>
                </li>
              ))}
            {peers.blocked > 0 && (
              <li>
                <Link to="/peers" search={{ stance: "blocked" }}>
                  <Status tone="info">
                    {t("count", { count: peers.blocked, state: "blocked" })}
                  </Status>
                </Link>
              </li>
            )}
          </ul>
          <Squares strip={peers.strip} watched={total - peers.blocked} />
        </>
      )}
    </Panel>
  );
}

/** One tab stop for all squares: arrows move, each is a link named with domain and state. */
function Squares({
  strip,
  watched,
}: {
  readonly strip: Overview["peers"]["strip"];
  readonly watched: number;
}) {
  const t = useText(overviewText);
  const words = useText(peersText);
  const [chosen, setChosen] = useState<number | null>(null);
  const ref = useRef<HTMLDivElement>(null);
  const shown = strip.slice(0, maxShown);
  const current = Math.min(chosen ?? 0, Math.max(0, shown.length - 1));
  const peer = chosen === null ? undefined : shown[current];
  const say = (index: number) => {
    const one = shown[index];
    return one === undefined ? "" : `${one.domain}: ${words(`state.${one.state}`)}`;
  };

  function onKeyDown(event: KeyboardEvent): void {
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: current + 1,
      ArrowDown: current + 1,
      ArrowLeft: current - 1,
      ArrowUp: current - 1,
      Home: 0,
      End: shown.length - 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const index = Math.min(shown.length - 1, Math.max(0, next));
    setChosen(index);
    ref.current?.querySelectorAll<HTMLElement>("a")[index]?.focus();
  }

  return (
    <>
      <div
        className={classes.strip}
        ref={ref}
        role="group"
        aria-label={t("stripLabel")}
        onKeyDown={onKeyDown}
      >
        {shown.map((one, index) => {
          const tone: Tone = HEALTH_TONE[one.state];
          const Icon = TONE_ICON[tone];
          return (
            <Link
              key={one.id}
              to="/peers/$id"
              params={{ id: one.id }}
              className={classes.peer}
              data-state={one.state}
              aria-label={say(index)}
              title={say(index)}
              tabIndex={index === current ? 0 : -1}
              onFocus={() => setChosen(index)}
              onMouseEnter={() => setChosen(index)}
            >
              <Icon size={15} stroke={2} aria-hidden="true" />
            </Link>
          );
        })}
      </div>
      <p className={classes.chosen} aria-hidden="true">
        {peer === undefined
          ? watched > shown.length && t("stripMore", { count: watched - shown.length })
          : say(current)}
      </p>
    </>
  );
}
