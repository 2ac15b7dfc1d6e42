import { IconAlertTriangle, IconCheck, IconX } from "@tabler/icons-react";
import type { Trace } from "#contract/traces.ts";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";
import { pathOf, type Station } from "./path.ts";
import classes from "./trace-page.module.css";
import { usePageText } from "./words.tsx";

const ICON = { ok: IconCheck, warning: IconAlertTriangle, failed: IconX, idle: null } as const;

/** The way that was found in one line; each station opens the step that shows it. */
export function PathLine({
  trace,
  onOpen,
}: {
  readonly trace: Trace;
  readonly onOpen: (step: number) => void;
}) {
  const t = usePageText();
  const say = useStationWords();
  const stations = pathOf(trace);
  if (stations.length < 2 && stations[0]?.status !== "failed") return null;
  return (
    <ol className={classes.path} aria-label={t("pathLabel")}>
      {stations.map((station) => {
        const Icon = ICON[station.status];
        return (
          <li key={station.kind} data-status={station.status}>
            <button
              type="button"
              className={classes.station}
              title={t("pathOpen", { step: station.step })}
              onClick={() => onOpen(station.step)}
            >
              {Icon !== null && (
                <Icon
                  size={14}
                  stroke={2.5}
                  aria-hidden="true"
                  color={`var(--wg-${station.status}-fg)`}
                />
              )}
              {say(station)}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

function useStationWords() {
  const t = useText(traceWords);
  return ({ kind, text, note, status }: Station) => {
    if (kind === "server" && (note === "srv" || note === "fallback" || note === "override"))
      return (
        <>
          <span>{t(`path.${note}`)}</span> {text}
        </>
      );
    if (kind === "link")
      return (
        <>
          <span>{t("path.link")}</span> {text}
        </>
      );
    if (kind === "certificate")
      return t(note === "ok" ? "path.certificate.ok" : "path.certificate.bad");
    if (kind === "login" && (note === "external" || note === "dialback" || note === "refused"))
      return t(`path.login.${note}`);
    if (kind === "stream")
      return t(
        note === "not_served"
          ? "path.notServed"
          : note === "turned_away"
            ? "path.turnedAway"
            : "path.noStream",
      );
    if (kind === "tls") return text ?? t("path.noTls");
    if (
      kind === "wave" &&
      (note === "found" || note === "guessed" || note === "none" || note === "unknown")
    )
      return (
        <>
          <span>{t(`path.wave.${note}`)}</span> {text}
        </>
      );
    return (
      <>
        {text}
        {status === "failed" && <span>{t("path.stopped")}</span>}
      </>
    );
  };
}
