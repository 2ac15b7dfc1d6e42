import { Button } from "@mantine/core";
import { IconPin } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Authentication, AuthenticationSide, KnownCertificate } from "#contract/peer-trust.ts";
import type { Peer } from "#contract/peers.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Facts } from "../../components/facts.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import { Demand } from "./demand.tsx";
import classes from "./peers.module.css";

/** What a peer has to prove, what it has proved, and its certificates. */
export function PeerTrustView({ peer }: { readonly peer: Peer }) {
  const t = useText(peerTrustText);
  const { id, domain } = peer;
  const decision = useQuery(query("GET /api/v1/peers/decision", { query: { domain } }));
  const { data, error } = useQuery(
    query("GET /api/v1/peers/:id/authentications", { params: { id } }),
  );
  const proof = decision.data?.proof ?? null;
  return (
    <div className={classes.stack}>
      {proof !== null && (
        <Panel title={t("demandTitle")} description={t("demandNote")}>
          <Demand demand={proof} />
        </Panel>
      )}
      <ProblemNotice error={error ?? decision.error} />
      {data?.items.length === 0 && (
        <Panel title={t("provedTitle")}>
          <p className="wg-dimmed">{t("provedEmpty")}</p>
        </Panel>
      )}
      {data?.items.map((item) => (
        <Proved key={item.domain} peer={peer} item={item} />
      ))}
    </div>
  );
}

function Proved({ peer, item }: { readonly peer: Peer; readonly item: Authentication }) {
  const t = useText(peerTrustText);
  const isOwn = item.domain === peer.domain;
  return (
    <Panel
      title={isOwn ? t("provedTitle") : item.domain}
      {...(isOwn ? { description: t("provedNote") } : {})}
    >
      <Facts
        items={[
          [t("provedIn"), <Side key="in" side={item.inbound} />],
          [t("provedOut"), <Side key="out" side={item.outbound} />],
        ]}
      />
      {item.certificates.length > 0 && (
        <>
          <h3 className={classes.subtitle}>{t("certificatesTitle")}</h3>
          <ul className={classes.known}>
            {item.certificates.map((certificate) => (
              <Known key={certificate.fingerprint} peer={peer} certificate={certificate} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Side({ side }: { readonly side: AuthenticationSide | null }) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  if (side === null) return <span className="wg-dimmed">{t("provedNever")}</span>;
  const { strongest, lastBy: by } = side;
  return (
    <>
      <Status tone={strongest === "certificate" ? "ok" : "warning"}>
        {t(`provedStrongest.${strongest}`, { since: time.date(new Date(side.since)) })}
      </Status>
      <div className="wg-dimmed">
        {t.rich("provedLast", { time: <Time at={side.lastAt} />, by })}
      </div>
    </>
  );
}

function Known({
  peer,
  certificate,
}: {
  readonly peer: Peer;
  readonly certificate: KnownCertificate;
}) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const may = useMay("admin");
  const notify = useNotify();
  const [isAsked, setIsAsked] = useState(false);
  const pin = useCall("PATCH /api/v1/peers/:id", {
    onSuccess() {
      setIsAsked(false);
      notify(t("pinDone"));
    },
  });
  const { fingerprint, publicKey, issuer, notAfter, seenAt } = certificate;
  const { id, domain, pins } = peer;
  const isPinned = pins.includes(fingerprint) || pins.includes(publicKey);
  const date = time.date(new Date(notAfter));
  return (
    <li>
      <div className={classes.knownHead}>
        <b>{issuer}</b>
        <span>
          {t(Date.parse(notAfter) < Date.now() ? "certificateEnded" : "certificateUntil", { date })}
        </span>
        <span className="wg-dimmed">
          {t.rich("certificateSeen", { time: <Time at={seenAt} /> })}
        </span>
        {isPinned && (
          <Status tone="ok" icon={IconPin} size={14}>
            {t("pinned")}
          </Status>
        )}
        {may && !isPinned && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPin size={14} />}
            onClick={() => setIsAsked(true)}
          >
            {t("pinIt")}
          </Button>
        )}
      </div>
      <Fingerprint label={t("rowFingerprint")} value={fingerprint} />
      <Fingerprint label={t("rowKey")} value={publicKey} />
      <ConfirmDialog
        isOpen={isAsked}
        title={t("pinTitle")}
        confirmLabel={t("pinConfirm")}
        isDanger={false}
        isBusy={pin.isPending}
        error={pin.error}
        onClose={() => {
          setIsAsked(false);
          pin.reset();
        }}
        onConfirm={() => pin.mutate({ params: { id }, body: { pins: [...pins, publicKey] } })}
      >
        <p>{t("pinBody", { count: pins.length, domain })}</p>
        <p className={`wg-mono ${classes.pin}`}>{publicKey}</p>
      </ConfirmDialog>
    </li>
  );
}

function Fingerprint({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div className={classes.fingerprint}>
      <div>
        <span className="wg-dimmed">{label}</span>
        <div className={`wg-mono ${classes.pin}`}>{value}</div>
      </div>
      <CopyButton value={value} what={label} />
    </div>
  );
}
