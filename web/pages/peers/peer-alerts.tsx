import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Authentication, Direction, HeldCertificate } from "#contract/peer-trust.ts";
import type { Peer } from "#contract/peers.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time, useNow, useTimeFormat } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import { Comparison } from "./comparison.tsx";
import classes from "./peers.module.css";
import { isTesting } from "./terms.ts";

/** What of a peer's trust wants a person now: test mode, a certificate that is held, a weaker proof. */
export function PeerAlerts({ peer }: { readonly peer: Peer }) {
  const { data } = useQuery(
    query("GET /api/v1/peers/:id/authentications", { params: { id: peer.id } }),
  );
  const items = data?.items ?? [];
  if (peer.stance !== "trusted") return null;
  return (
    <div className={classes.alerts}>
      <TestMode peer={peer} />
      {items.map((item) => (
        <DomainAlerts key={item.domain} peer={peer} item={item} />
      ))}
    </div>
  );
}

function DomainAlerts({ peer, item }: { readonly peer: Peer; readonly item: Authentication }) {
  const { held, inbound, outbound } = item;
  return (
    <>
      {held !== null && <Held key={held.fingerprint} peer={peer} item={item} held={held} />}
      {inbound !== null && inbound.refusedAt !== null && (
        <Weaker peer={peer} domain={item.domain} direction="in" side={inbound} />
      )}
      {outbound !== null && outbound.refusedAt !== null && (
        <Weaker peer={peer} domain={item.domain} direction="out" side={outbound} />
      )}
    </>
  );
}

function TestMode({ peer }: { readonly peer: Peer }) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const now = useNow(peer.testModeUntil) || Date.now();
  const may = useMay("admin");
  const notify = useNotify();
  const { id, domain } = peer;
  const end = useCall("PATCH /api/v1/peers/:id", {
    onSuccess: () => notify(t("testEnded", { domain })),
  });
  if (!isTesting(peer, now)) return null;
  const date = time.moment(new Date(peer.testModeUntil));
  return (
    <Notice
      tone="failed"
      title={t("testNoticeTitle", { date })}
      action={
        may && (
          <Button
            color="red"
            loading={end.isPending}
            onClick={() => end.mutate({ params: { id }, body: { testModeUntil: null } })}
          >
            {t("testEnd")}
          </Button>
        )
      }
    >
      <p>{t("testNoticeBody", { domain })}</p>
      <ProblemNotice error={end.error} />
    </Notice>
  );
}

function Held({
  peer,
  item,
  held,
}: {
  readonly peer: Peer;
  readonly item: Authentication;
  readonly held: HeldCertificate;
}) {
  const t = useText(peerTrustText);
  const may = useMay("admin");
  const notify = useNotify();
  const [asked, setAsked] = useState<"accept" | "dismiss" | null>(null);
  const { domain } = item;
  const { fingerprint, direction } = held;
  const settle = useCall("POST /api/v1/peers/:id/acceptances", {
    changes: ["peers", "incidents"],
    onSuccess: () => notify(t(asked === "dismiss" ? "dismissed" : "accepted", { domain })),
  });
  const close = () => {
    setAsked(null);
    settle.reset();
  };
  const kind = asked === "dismiss" ? "dismissal" : "certificate";
  return (
    <Notice tone="failed" title={t("heldTitle", { domain })}>
      <p>{t("heldBody")}</p>
      <p className="wg-dimmed">
        {t.rich("heldSeen", { time: <Time at={held.seenAt} style="moment" />, direction })}
      </p>
      <Comparison before={item.certificates[0] ?? null} after={held} />
      {may && (
        <div className={classes.buttons}>
          <Button color="red" onClick={() => setAsked("accept")}>
            {t("accept")}
          </Button>
          <Button variant="default" onClick={() => setAsked("dismiss")}>
            {t("dismiss")}
          </Button>
        </div>
      )}
      <ConfirmDialog
        isOpen={asked !== null}
        title={t(asked === "dismiss" ? "dismissTitle" : "acceptTitle", { domain })}
        confirmLabel={t(asked === "dismiss" ? "dismissConfirm" : "acceptConfirm")}
        isBusy={settle.isPending}
        error={settle.error}
        onClose={close}
        onConfirm={() =>
          settle.mutate({ params: { id: peer.id }, body: { kind, domain, fingerprint } })
        }
      >
        <p>{t(asked === "dismiss" ? "dismissBody" : "acceptBody", { domain })}</p>
        <p className={`wg-mono ${classes.pin}`}>{fingerprint}</p>
      </ConfirmDialog>
    </Notice>
  );
}

function Weaker({
  peer,
  domain,
  direction,
  side,
}: {
  readonly peer: Peer;
  readonly domain: string;
  readonly direction: Direction;
  readonly side: NonNullable<Authentication["inbound"]>;
}) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const may = useMay("admin");
  const notify = useNotify();
  const [isAsked, setIsAsked] = useState(false);
  const accept = useCall("POST /api/v1/peers/:id/acceptances", {
    changes: ["peers", "incidents"],
    onSuccess: () => notify(t("weakerAccepted", { domain })),
  });
  return (
    <Notice
      tone="failed"
      title={t("weakerTitle", { domain, direction })}
      action={
        may && (
          <Button variant="default" onClick={() => setIsAsked(true)}>
            {t("weakerAccept")}
          </Button>
        )
      }
    >
      <p>
        {t.rich("weakerBody", {
          since: time.date(new Date(side.since)),
          time: <Time at={side.refusedAt ?? side.lastAt} style="moment" />,
        })}
      </p>
      <ConfirmDialog
        isOpen={isAsked}
        title={t("weakerConfirmTitle", { domain })}
        confirmLabel={t("weakerConfirm")}
        isBusy={accept.isPending}
        error={accept.error}
        onClose={() => {
          setIsAsked(false);
          accept.reset();
        }}
        onConfirm={() =>
          accept.mutate({ params: { id: peer.id }, body: { kind: "weaker", domain, direction } })
        }
      >
        {t("weakerConfirmBody", { domain, direction })}
      </ConfirmDialog>
    </Notice>
  );
}
