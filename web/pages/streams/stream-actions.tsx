import { Button } from "@mantine/core";
import { IconBan, IconRefresh, IconRoute, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Stream } from "#contract/streams.ts";
import { call } from "../../api/client.ts";
import { isConcerned } from "../../api/keys.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";

/** What can be done with one stream and its domain. */
export function StreamActions({
  stream,
  isGone,
}: {
  readonly stream: Stream;
  readonly isGone: boolean;
}) {
  const t = useText(streamsText);
  const may = useMay("admin");
  const [isClosing, setIsClosing] = useState(false);
  const { id, local, remote, direction } = stream;
  const notify = useNotify();
  const close = useCall("DELETE /api/v1/streams/:id", {
    onSuccess() {
      setIsClosing(false);
      notify(t("closed"));
    },
  });
  const isNamed = local !== null && remote !== null;
  return (
    <>
      {isNamed && (
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link to="/connections/pair" search={{ local, remote }} {...props} />
          )}
        >
          {t("allWith", { remote })}
        </Button>
      )}
      {may && isNamed && (
        <>
          {(direction === "out" || isGone) && (
            <ReconnectButton local={local} remote={remote} label={t("reconnect")} />
          )}
          <TraceButton remote={remote} />
          <BlockButton remote={remote} />
        </>
      )}
      {may && !isGone && (
        <Button
          variant="default"
          leftSection={<IconX size={16} />}
          onClick={() => setIsClosing(true)}
        >
          {t("close")}
        </Button>
      )}
      <ConfirmDialog
        isOpen={isClosing}
        title={t("closeTitle")}
        confirmLabel={t("close")}
        isBusy={close.isPending}
        error={close.error}
        onClose={() => setIsClosing(false)}
        onConfirm={() => close.mutate({ params: { id } })}
      >
        {t("closeBody")}
      </ConfirmDialog>
    </>
  );
}

/** Ends the wait and opens a stream of ours; an open one is closed first. */
export function ReconnectButton(props: {
  readonly local: string;
  readonly remote: string;
  readonly label: string;
}) {
  const t = useText(streamsText);
  const notify = useNotify();
  const { local, remote, label } = props;
  const reconnect = useCall("POST /api/v1/streams/reconnections", {
    changes: ["connections"],
    onSuccess: () => notify(t("reconnecting", { remote })),
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} />}
        loading={reconnect.isPending}
        onClick={() => reconnect.mutate({ body: { local, remote } })}
      >
        {label}
      </Button>
      <ProblemNotice error={reconnect.error} />
    </>
  );
}

export function TraceButton({ remote }: { readonly remote: string }) {
  const t = useText(streamsText);
  const navigate = useNavigate();
  const trace = useCall("POST /api/v1/traces", {
    onSuccess: ({ id }) => void navigate({ to: "/t/$id", params: { id } }),
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconRoute size={16} />}
        loading={trace.isPending}
        onClick={() => trace.mutate({ body: { domain: remote } })}
      >
        {t("trace")}
      </Button>
      <ProblemNotice error={trace.error} />
    </>
  );
}

/** Blocks the domain as a peer, and closes its streams. */
export function BlockButton({ remote }: { readonly remote: string }) {
  const t = useText(streamsText);
  const client = useQueryClient();
  const notify = useNotify();
  const [isAsking, setIsAsking] = useState(false);
  const block = useMutation({
    mutationFn: async () => blockDomain(remote),
    async onSuccess() {
      setIsAsking(false);
      notify(t("blocked", { remote }));
      await client.invalidateQueries({
        predicate: ({ queryKey }) =>
          ["peers", "streams", "connections"].some((noun) => isConcerned(queryKey, noun)),
      });
    },
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconBan size={16} />}
        onClick={() => setIsAsking(true)}
      >
        {t("block")}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title={t("blockTitle", { remote })}
        confirmLabel={t("blockConfirm")}
        isBusy={block.isPending}
        error={block.error}
        onClose={() => setIsAsking(false)}
        onConfirm={() => block.mutate()}
      >
        {t("blockBody")}
      </ConfirmDialog>
    </>
  );
}

async function blockDomain(remote: string): Promise<void> {
  const { peer } = await call("GET /api/v1/peers/decision", { query: { domain: remote } });
  // A peer above it has terms of its own, which are left alone.
  if (peer?.domain === remote)
    await call("PATCH /api/v1/peers/:id", { params: { id: peer.id }, body: { stance: "blocked" } });
  else await call("POST /api/v1/peers", { body: { domain: remote, stance: "blocked" } });
}
