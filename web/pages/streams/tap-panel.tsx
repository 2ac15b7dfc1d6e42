import { Button, NativeSelect } from "@mantine/core";
import {
  IconArrowDownLeft,
  IconArrowUpRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerStop,
} from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useMay } from "../../api/session.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { useNow, useTimeFormat } from "../../components/time.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./streams.module.css";
import { KEPT_LINES, type TapEntry, textOf } from "./tap-lines.ts";
import { Unheard } from "./nodes.tsx";
import { useStreams } from "./use-streams.ts";
import { type Tap, useTap } from "./use-tap.ts";

const MINUTES = [1, 2, 5, 10];

/** What is said with a domain, while somebody looks. */
export function TapPanel({ remote }: { readonly remote: string }) {
  const t = useText(streamsText);
  const may = useMay("admin");
  const tap = useTap(remote);
  const streams = useStreams({ remote });
  const [minutes, setMinutes] = useState(2);
  const [way, setWay] = useState<"all" | "in" | "out">("all");
  const { state } = tap;
  const isOn = state.kind === "starting" || state.kind === "running";
  const shown = tap.lines.entries.filter(
    (entry) => way === "all" || entry.kind === "left_out" || entry.line.direction === way,
  );
  return (
    <Panel title={t("tap")}>
      <p className={classes.about}>{t("tapAbout", { remote })}</p>
      {!may && <p>{t("tapAdmins")}</p>}
      <Unheard page={streams.data} remote={remote} />
      <div className={classes.line}>
        {may && !isOn && (
          <>
            <NativeSelect
              label={t("tapFor")}
              value={String(minutes)}
              data={MINUTES.map((count) => ({
                value: String(count),
                label: t("tapMinutes", { count }),
              }))}
              onChange={(event) => setMinutes(Number(event.currentTarget.value))}
            />
            <Button
              leftSection={<IconPlayerPlay size={16} />}
              onClick={() => tap.start(minutes * 60)}
            >
              {t(state.kind === "off" ? "tapStart" : "tapAgain")}
            </Button>
          </>
        )}
        {isOn && <Running tap={tap} />}
        {state.kind !== "off" && state.kind !== "refused" && (
          <>
            <NativeSelect
              label={t("tapFilter")}
              value={way}
              data={(["all", "in", "out"] as const).map((value) => ({
                value,
                label: t(`tapFilter.${value}`),
              }))}
              onChange={(event) => setWay(wayOf(event.currentTarget.value))}
            />
            {shown.length > 0 && (
              <CopyButton
                value={textOf(shown)}
                what={t("tapLines")}
                label={t("tapCopy")}
                hasLabel
              />
            )}
          </>
        )}
      </div>
      <p role="status">
        {state.kind === "starting" && t("tapStarting")}
        {state.kind === "ended" && t(`tapEnd.${state.reason}`)}
        {tap.isPaused && t("tapPaused", { count: tap.waiting })}
      </p>
      {state.kind === "refused" && <ProblemNotice error={state.error} />}
      {(isOn || state.kind === "ended") &&
        (shown.length === 0 ? (
          <p className="wg-dimmed">
            {t(tap.lines.entries.length === 0 ? "tapQuiet" : "tapNoneShown")}
          </p>
        ) : (
          <Log remote={remote} entries={shown} hasMore={tap.lines.hasMore} />
        ))}
    </Panel>
  );
}

function wayOf(text: string): "all" | "in" | "out" {
  return text === "in" || text === "out" ? text : "all";
}

function Running({ tap }: { readonly tap: Tap }) {
  const t = useText(streamsText);
  const untilMs = tap.state.kind === "running" ? tap.state.untilMs : null;
  return (
    <>
      <Button
        variant="default"
        leftSection={tap.isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
        onClick={() => tap.setPaused(!tap.isPaused)}
      >
        {t(tap.isPaused ? "tapResume" : "tapPause")}
      </Button>
      <Button
        variant="default"
        leftSection={<IconPlayerStop size={16} />}
        onClick={() => tap.stop()}
      >
        {t("tapStop")}
      </Button>
      {untilMs !== null && <Countdown untilMs={untilMs} />}
    </>
  );
}

function Countdown({ untilMs }: { readonly untilMs: number }) {
  const t = useText(streamsText);
  const now = useNow(Date.now());
  const seconds = Math.max(0, Math.ceil((untilMs - now) / 1_000));
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return (
    <span role="timer" className="wg-numbers" style={{ paddingBlock: "0.4375rem" }}>
      <Status tone="running">{t("tapLeft", { time: clock })}</Status>
    </span>
  );
}

/** Follows the end, unless the reader has scrolled away from it. */
function Log(props: {
  readonly remote: string;
  readonly entries: readonly TapEntry[];
  readonly hasMore: boolean;
}) {
  const t = useText(streamsText);
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current && list.current !== null)
      list.current.scrollTop = list.current.scrollHeight;
  }, [props.entries]);
  return (
    <ol
      ref={list}
      className={classes.log}
      // A region that scrolls must be reachable by keyboard.
      tabIndex={0}
      aria-label={t("tapLog", { remote: props.remote })}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {props.hasMore && <li className={classes.note}>{t("tapOlder", { count: KEPT_LINES })}</li>}
      {props.entries.map((entry) => (
        <Entry key={entry.key} entry={entry} />
      ))}
    </ol>
  );
}

function Entry({ entry }: { readonly entry: TapEntry }) {
  const t = useText(streamsText);
  const time = useTimeFormat();
  if (entry.kind === "left_out")
    return <li className={classes.note}>{t("tapLeftOut", { count: entry.count })}</li>;
  const { at, direction, opened, streamId, xml } = entry.line;
  const Arrow = direction === "in" ? IconArrowDownLeft : IconArrowUpRight;
  const id = streamId.slice(0, 6);
  return (
    <li className={direction === "in" ? classes.in : classes.out}>
      <time
        dateTime={at}
        title={t(opened === "by_us" ? "tapOpenedByUs" : "tapOpenedByThem", { id })}
      >
        {time.clock(new Date(at))}
      </time>
      <span className={classes.way}>
        <Arrow size={14} aria-hidden="true" />
        {t(direction === "in" ? "tapIn" : "tapOut")}
      </span>
      <code>
        {xml}
        {entry.cut > 0 && <em> {t("tapCut", { count: entry.cut })}</em>}
      </code>
    </li>
  );
}
