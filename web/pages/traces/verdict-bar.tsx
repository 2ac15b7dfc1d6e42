import { Button, Tooltip } from "@mantine/core";
import {
  IconAffiliate,
  IconDownload,
  IconPinned,
  IconPinnedOff,
  IconPlayerStop,
  IconPlus,
  IconRefresh,
  IconRefreshDot,
  IconWaveSine,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Trace } from "#contract/traces.ts";
import { addressOf } from "../../api/client.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { TONE_ICON, type Tone } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./trace-page.module.css";
import { attemptCount, verdictOf } from "./verdict.ts";
import { usePageText, type Words } from "./words.tsx";

interface VerdictBarProps {
  readonly trace: Trace;
  readonly elapsedMs: number;
  readonly words: Words;
  readonly actions: ReturnType<typeof useActions>;
}

/** Domain and both verdicts, always in sight; the sentence, the circumstances and the actions. */
export function VerdictBar({ trace, elapsedMs, words, actions }: VerdictBarProps) {
  const t = usePageText();
  const { ref, isStuck } = useStuck();
  const bar = useTellHeight();
  return (
    <>
      <div ref={ref} aria-hidden="true" />
      <header ref={bar} className={classes.bar} data-stuck={isStuck}>
        <div style={{ minWidth: 0 }}>
          <Link to="/traces" className={classes.crumb}>
            {t("traces")}
          </Link>
          <div className={classes.domain}>
            <h1>{trace.domain}</h1>
            <VerdictChips trace={trace} />
          </div>
        </div>
        <Actions trace={trace} actions={actions} />
      </header>
      <ProblemNotice error={actions.error} />
      <p className={classes.sentence}>
        <VerdictSentence trace={trace} words={words} />
      </p>
      <Circumstances trace={trace} elapsedMs={elapsedMs} />
    </>
  );
}

const XMPP_TONE: Readonly<Record<NonNullable<Trace["xmpp"]>, Tone>> = {
  reachable: "ok",
  warning: "warning",
  unreachable: "failed",
  unknown: "idle",
};
const WAVE_TONE: Readonly<Record<NonNullable<Trace["wave"]>, Tone>> = {
  found: "ok",
  guessed: "warning",
  none: "idle",
  unknown: "idle",
};

/** The two verdicts, each as label, icon and word: chat may work where waves do not. */
export function VerdictChips({
  trace,
}: {
  readonly trace: Pick<Trace, "xmpp" | "wave" | "state">;
}) {
  const t = useText(traceWords);
  const isRunning = trace.state === "running";
  const xmpp = trace.xmpp ?? (isRunning ? "pending" : "unknown");
  const wave = trace.wave ?? (isRunning ? "pending" : "unknown");
  return (
    <span className={classes.verdicts}>
      <Chip label={t("xmpp.label")} tone={xmpp === "pending" ? "running" : XMPP_TONE[xmpp]}>
        {t(`xmpp.${xmpp}`)}
      </Chip>
      <Chip label={t("wave.label")} tone={wave === "pending" ? "running" : WAVE_TONE[wave]}>
        {t(`wave.${wave}`)}
      </Chip>
    </span>
  );
}

function Chip({
  label,
  tone,
  children,
}: {
  readonly label: string;
  readonly tone: Tone;
  readonly children: string;
}) {
  const Icon = TONE_ICON[tone];
  const colour = `var(--wg-${tone === "running" ? "info" : tone}-fg)`;
  return (
    <span className={`${classes.chip} ${classes[tone]}`}>
      <span>{label}</span>
      <span style={{ display: "inline-flex", alignItems: "center", gap: "0.25rem", color: colour }}>
        <Icon size={14} stroke={2.25} aria-hidden="true" />
        {children}
      </span>
    </span>
  );
}

function VerdictSentence({ trace, words }: { readonly trace: Trace; readonly words: Words }) {
  const { sentence } = verdictOf(trace);
  const { title, step } = sentence.values;
  if (title === undefined) return words.rich(sentence);
  return words.rich({
    ...sentence,
    values: { ...sentence.values, title: words.title(Number(step), trace.domain) },
  });
}

function Circumstances({
  trace,
  elapsedMs,
}: {
  readonly trace: Trace;
  readonly elapsedMs: number;
}) {
  const t = usePageText();
  const time = useTimeFormat();
  const isRunning = trace.state === "running";
  const { requestedBy: name, trigger } = trace;
  return (
    <ul className={classes.meta}>
      {trace.durationMs !== null && (
        <li>
          <strong>{t("total", { duration: time.duration(trace.durationMs) })}</strong>
        </li>
      )}
      {isRunning && elapsedMs > 2000 && (
        <li>
          <strong>
            {t("elapsed", { duration: time.duration(Math.floor(elapsedMs / 100) * 100) })}
          </strong>
        </li>
      )}
      {isRunning && elapsedMs > 10_000 && (
        <li>{t("attempts", { count: attemptCount(trace.steps) })}</li>
      )}
      <li>
        <Time at={trace.startedAt} />
      </li>
      <li>
        {trigger !== "person"
          ? t(`trigger.${trigger}`)
          : name === null
            ? t("trigger.personUnknown")
            : t("trigger.person", { name })}
      </li>
      <li>
        <Tooltip
          label={t(trace.reading === "strict" ? "readingStrictHelp" : "readingOverviewHelp")}
        >
          <span
            tabIndex={0}
            style={{ textDecoration: "underline dotted", textUnderlineOffset: "3px" }}
          >
            {t(`reading.${trace.reading}`)}
          </span>
        </Tooltip>
      </li>
      {trace.fresh && <li>{t("fresh")}</li>}
      {trace.resolvers.length > 0 && (
        <li>
          {t("resolvers", { count: trace.resolvers.length, list: trace.resolvers.join(", ") })}
        </li>
      )}
    </ul>
  );
}

/** What can be done with a trace, shared by the verdict bar and the fix card. */
export function useActions(trace: Trace) {
  const navigate = useNavigate();
  const start = useCall("POST /api/v1/traces", {
    onSuccess: ({ id }) => void navigate({ to: "/t/$id", params: { id } }),
  });
  const cancel = useCall("POST /api/v1/traces/:id/cancel");
  const pin = useCall("PATCH /api/v1/traces/:id");
  const { domain, reading, id, isPinned } = trace;
  return {
    run: (fresh: boolean) => start.mutate({ body: { domain, reading, fresh } }),
    isStarting: start.isPending,
    cancel: () => cancel.mutate({ params: { id } }),
    isCancelling: cancel.isPending,
    pin: () => pin.mutate({ params: { id }, body: { isPinned: !isPinned } }),
    error: start.error ?? cancel.error ?? pin.error,
  };
}

function Actions({
  trace,
  actions,
}: {
  readonly trace: Trace;
  readonly actions: ReturnType<typeof useActions>;
}) {
  const t = usePageText();
  const may = useMay("admin");
  const isRunning = trace.state === "running";
  return (
    <div className={classes.actions}>
      {may && isRunning && (
        <Button
          size="xs"
          color="red"
          variant="light"
          leftSection={<IconPlayerStop size={15} />}
          loading={actions.isCancelling}
          onClick={actions.cancel}
        >
          {t("cancel")}
        </Button>
      )}
      {may && !isRunning && (
        <>
          <Button
            size="xs"
            leftSection={<IconRefresh size={15} />}
            loading={actions.isStarting}
            onClick={() => actions.run(false)}
          >
            {t("runAgain")}
          </Button>
          <Tooltip label={t("runFreshHelp")}>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconRefreshDot size={15} />}
              disabled={actions.isStarting}
              onClick={() => actions.run(true)}
            >
              {t("runFresh")}
            </Button>
          </Tooltip>
          <Tooltip label={t("pinHelpShort")}>
            <Button
              size="xs"
              variant="default"
              aria-pressed={trace.isPinned}
              leftSection={trace.isPinned ? <IconPinnedOff size={15} /> : <IconPinned size={15} />}
              onClick={actions.pin}
            >
              {t(trace.isPinned ? "unpin" : "pin")}
            </Button>
          </Tooltip>
        </>
      )}
      {may && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconWaveSine size={15} />}
          renderRoot={(props) => <Link to="/ping" search={{ domain: trace.domain }} {...props} />}
        >
          {t("ping")}
        </Button>
      )}
      {!isRunning && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={15} />}
          component="a"
          href={addressOf("GET /api/v1/traces/:id", { params: { id: trace.id } })}
          download={`trace-${trace.domain}-${trace.startedAt.slice(0, 19).replaceAll(":", "")}.json`}
        >
          {t("exportJson")}
        </Button>
      )}
      {!isRunning && <PeerButton trace={trace} />}
    </div>
  );
}

/** To the peer if the domain is one, else to the form that adds it. */
function PeerButton({ trace }: { readonly trace: Trace }) {
  const t = usePageText();
  const may = useMay("admin");
  const { data } = useQuery(query("GET /api/v1/peers", { query: { q: trace.domain, limit: 20 } }));
  const peer = data?.items.find(({ domain }) => domain === trace.domain);
  if (peer !== undefined)
    return (
      <Button
        size="xs"
        variant="default"
        leftSection={<IconAffiliate size={15} />}
        renderRoot={(props) => <Link to="/peers/$id" params={{ id: peer.id }} {...props} />}
      >
        {t("openPeer")}
      </Button>
    );
  if (!may) return null;
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlus size={15} />}
      renderRoot={(props) => <Link to="/peers/new" search={peerFrom(trace)} {...props} />}
    >
      {t("addPeer")}
    </Button>
  );
}

/** The form of a new peer is filled in from what the trace found. */
function peerFrom(trace: Trace) {
  const expects =
    trace.wave === "found" || trace.wave === "guessed" ? ("wave" as const) : ("xmpp" as const);
  return { domain: trace.domain, expects, reading: trace.reading };
}

/** Whether the bar has left its place, to draw its lower edge. */
function useStuck() {
  const ref = useRef<HTMLDivElement>(null);
  const [isStuck, setIsStuck] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver(([entry]) =>
      setIsStuck(entry?.isIntersecting === false),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, isStuck };
}

/** Tells the page how high the bar is, for what must leave it free. */
function useTellHeight() {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() =>
      style.setProperty("--trace-bar-height", `${element.offsetHeight}px`),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      style.removeProperty("--trace-bar-height");
    };
  }, []);
  return ref;
}
