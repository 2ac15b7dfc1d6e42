import "@mantine/core/styles/Tabs.layer.css";
import { Button, Menu, Tabs } from "@mantine/core";
import {
  IconArrowsLeftRight,
  IconDots,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconRoute,
  IconTrash,
  IconWaveSine,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Peer } from "#contract/peers.ts";
import { useCall, query } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Status } from "../../components/status.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { peersText } from "../../text/peers.ts";
import { peerTrustText } from "../../text/peer-trust.ts";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { PingDetails } from "../domains/ping-summary.tsx";
import { ViaRemote } from "../x2x/via-links.tsx";
import { PeerState } from "./health.tsx";
import { PeerForm } from "./peer-form.tsx";
import { PeerAlerts } from "./peer-alerts.tsx";
import { PeerHealthView } from "./peer-health.tsx";
import { PeerTrustView } from "./peer-trust.tsx";
import { TestBadge } from "./test-badge.tsx";
import { isComplete, requestOf, termsOf } from "./terms.ts";

const route = getRouteApi("/signed-in/peers/$id");

/** One peer: how it is, how it was, what was agreed. */
export function PeerPage() {
  const t = useText(peersText);
  const { id } = route.useParams();
  const { data: peer, error } = useQuery(query("GET /api/v1/peers/:id", { params: { id } }));
  if (peer === undefined)
    return error === null ? (
      <PageLoading />
    ) : (
      <>
        <PageHeader title={t("title")} crumbs={[{ label: t("title"), to: "/peers" }]} />
        <ProblemNotice error={error} />
      </>
    );
  return <PeerView peer={peer} />;
}

const TABS = ["health", "trust", "terms"] as const;

function PeerView({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const trustWords = useText(peerTrustText);
  const { tab = "health" } = route.useSearch();
  const navigate = route.useNavigate();
  const isInternational = peer.unicode !== peer.domain;
  const shown = TABS.find((one) => one === tab) ?? "health";
  return (
    <>
      <PageHeader
        title={peer.unicode}
        mark={
          <>
            <PeerState peer={peer} isPill /> <TestBadge peer={peer} isPill />
          </>
        }
        crumbs={[{ label: t("title"), to: "/peers" }]}
        description={
          <>
            {peer.label !== "" && <div>{peer.label}</div>}
            {isInternational && (
              <div>{t.rich("inDns", { domain: <code>{peer.domain}</code> })}</div>
            )}
            {peer.scripts.length > 1 && (
              <Status tone="warning">{t("mixed", { scripts: peer.scripts.join(", ") })}</Status>
            )}
            <ViaRemote domain={peer.domain} hasSubdomains={peer.includeSubdomains} />
          </>
        }
        actions={<Actions peer={peer} />}
      />
      <PeerAlerts peer={peer} />
      <Tabs
        value={shown}
        keepMounted={false}
        onChange={(next) => {
          const chosen = TABS.find((one) => one === next) ?? "health";
          void navigate({ search: chosen === "health" ? {} : { tab: chosen }, replace: true });
        }}
      >
        <Tabs.List>
          <Tabs.Tab value="health">{t("tabHealth")}</Tabs.Tab>
          {peer.stance === "trusted" && <Tabs.Tab value="trust">{trustWords("tabTrust")}</Tabs.Tab>}
          <Tabs.Tab value="terms">{t("tabTerms")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="health">
          <PeerHealthView peer={peer} />
        </Tabs.Panel>
        {peer.stance === "trusted" && (
          <Tabs.Panel value="trust">
            <PeerTrustView peer={peer} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="terms">
          {/* A change by somebody else begins the form anew. */}
          <TermsForm key={peer.updatedAt} peer={peer} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Actions({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const words = useText(shellText);
  const may = useMay("admin");
  const navigate = useNavigate();
  const [isRemoving, setIsRemoving] = useState(false);
  const notify = useNotify();
  const { id, domain, reading } = peer;
  const check = useCall("POST /api/v1/checks", {
    onSuccess: () => notify(t("checkStarted", { domain })),
  });
  const trace = useCall("POST /api/v1/traces", {
    onSuccess: (begun) => void navigate({ to: "/t/$id", params: { id: begun.id } }),
  });
  const ping = useCall("POST /api/v1/pings", { changes: ["traces"] });
  const patch = useCall("PATCH /api/v1/peers/:id");
  const remove = useCall("DELETE /api/v1/peers/:id", {
    onSuccess: () => void navigate({ to: "/peers" }),
  });
  if (!may) return null;

  function switchTo(isEnabled: boolean): void {
    patch.mutate(
      { params: { id }, body: { isEnabled } },
      {
        onSuccess: () =>
          notify(t(isEnabled ? "switchedOn" : "switchedOff", { domain }), {
            undo: () => patch.mutate({ params: { id }, body: { isEnabled: !isEnabled } }),
          }),
      },
    );
  }

  const isWatched = peer.isEnabled && peer.stance === "trusted";
  return (
    <>
      {isWatched && (
        <Button
          leftSection={<IconRefresh size={16} />}
          loading={check.isPending}
          onClick={() => check.mutate({ body: { peerId: id } })}
        >
          {t("checkNow")}
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<IconRoute size={16} />}
        loading={trace.isPending}
        onClick={() => trace.mutate({ body: { domain, reading } })}
      >
        {t("trace")}
      </Button>
      <Button
        variant="default"
        leftSection={<IconWaveSine size={16} />}
        loading={ping.isPending}
        onClick={() => ping.mutate({ body: { domain } })}
      >
        {t("ping")}
      </Button>
      <Dialog isOpen={ping.data !== undefined} title={t("pingOf", { domain })} onClose={ping.reset}>
        {ping.data !== undefined && <PingDetails ping={ping.data} />}
        <p style={{ marginTop: "0.875rem" }}>
          <Link to="/ping" search={{ domain }}>
            {t("pingMore")}
          </Link>
        </p>
      </Dialog>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" aria-label={words("moreActions")}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={
              peer.isEnabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />
            }
            onClick={() => switchTo(!peer.isEnabled)}
          >
            {t(peer.isEnabled ? "switchOff" : "switchOn")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowsLeftRight size={16} />}
            renderRoot={(props) => (
              <Link to="/connections/streams" search={{ remote: domain }} {...props} />
            )}
          >
            {t("streams")}
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} />}
            onClick={() => setIsRemoving(true)}
          >
            {t("remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        isOpen={isRemoving}
        title={t("removeTitle", { domain })}
        word={domain}
        confirmLabel={t("removeConfirm")}
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => setIsRemoving(false)}
        onConfirm={() => remove.mutate({ params: { id } })}
      >
        {t("removeBody")}
      </ConfirmDialog>
      <ProblemNotice error={check.error ?? trace.error ?? ping.error ?? patch.error} />
    </>
  );
}

function TermsForm({ peer }: { readonly peer: Peer }) {
  const t = useText(peersText);
  const words = useText(shellText);
  const may = useMay("admin");
  const [before] = useState(() => termsOf(peer, Date.now()));
  const [terms, setTerms] = useState(before);
  const { data: proved } = useQuery(
    query("GET /api/v1/peers/:id/authentications", { params: { id: peer.id } }),
  );
  const own = proved?.items.find(({ domain }) => domain === peer.domain);
  const notify = useNotify();
  const save = useCall("PATCH /api/v1/peers/:id", { onSuccess: () => notify(t("saved")) });
  return (
    <form
      style={{ marginTop: "1.25rem" }}
      onSubmit={(event) => {
        event.preventDefault();
        const { domain: _, ...body } = requestOf(terms);
        if (isComplete(terms, before)) save.mutate({ params: { id: peer.id }, body });
      }}
    >
      {!may && <p>{words("readOnly")}</p>}
      <PeerForm
        terms={terms}
        before={before}
        onChange={setTerms}
        error={save.error}
        isReadOnly={!may}
        authorities={peer.authorities}
        known={own?.certificates ?? []}
      />
      <div style={{ display: "grid", gap: "0.875rem", maxWidth: "46rem", marginTop: "1.5rem" }}>
        <ProblemNotice
          error={save.error}
          shownFields={["overrideHost", "overridePort", "label", "authorityPem", "testModeUntil"]}
        />
        {may && (
          <div>
            <Button type="submit" loading={save.isPending} disabled={!isComplete(terms, before)}>
              {t("save")}
            </Button>
          </div>
        )}
      </div>
    </form>
  );
}
