import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { NameUse } from "#contract/certificates.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time, useNow } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./name-use.module.css";
import { ServedFaults } from "./served-faults.tsx";

interface NameUseLineProps {
  readonly name: string;
  readonly use: NameUse;
  /** The certificate whose page this is. */
  readonly here?: string;
  /** A certificate that could be used for a name that has none. */
  readonly candidate?: { readonly id: string; readonly label: string } | undefined;
}

/** What the XMPP streams of a name of ours show, and the way back to what they showed before. */
export function NameUseLine({ name, use, here, candidate }: NameUseLineProps) {
  const t = useText(certificatesText);
  const mayChange = useMay("admin");
  const { active, previous } = use;
  const now = useNow(active?.notAfter ?? null);
  const hasEnded = active !== null && Date.parse(active.notAfter) <= now;
  const canRollBack = previous !== null && Date.parse(previous.notAfter) > now;
  return (
    <div className={classes.line}>
      {active === null ? (
        <>
          <Status tone="failed">{t("xmppNone")}</Status>
          {candidate !== undefined && (
            <span>
              {t.rich("xmppCandidate", {
                certificate: () => (
                  <Link key="certificate" to="/certificates/$id" params={{ id: candidate.id }}>
                    {candidate.label}
                  </Link>
                ),
              })}
            </span>
          )}
        </>
      ) : (
        <Status tone={hasEnded ? "failed" : "ok"}>
          {active.id === here ? (
            t("xmppHere")
          ) : (
            <>
              {t("xmppShows")}{" "}
              <Link to="/certificates/$id" params={{ id: active.id }}>
                {active.label}
              </Link>
            </>
          )}{" "}
          <span className={classes.end}>
            ({hasEnded ? t("ended") : t("until").toLowerCase()}{" "}
            <Time at={active.notAfter} style="date" />)
          </span>
        </Status>
      )}
      {mayChange && canRollBack && <RollBack name={name} to={previous} />}
    </div>
  );
}

function RollBack(props: {
  readonly name: string;
  readonly to: { readonly id: string; readonly label: string };
}) {
  const { name, to } = props;
  const t = useText(certificatesText);
  const notify = useNotify();
  const unicode = useUnicodeNames();
  const values = { name: unicode(name), label: to.label };
  const activate = useCall("POST /api/v1/certificates/:id/activation", {
    changes: ["domains"],
    onSuccess: () => notify(t("rolledBack", values)),
  });
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        className={classes.back}
        loading={activate.isPending}
        aria-label={t("rollBackName", values)}
        onClick={() =>
          activate.mutate({ params: { id: to.id }, body: { use: "xmpp", names: [name] } })
        }
      >
        {t("rollBackTo", values)}
      </Button>
      <ServedFaults served={activate.data?.served ?? []} onClose={activate.reset} />
      <Dialog isOpen={activate.error !== null} title={to.label} onClose={activate.reset}>
        <ProblemNotice error={activate.error} />
      </Dialog>
    </>
  );
}
