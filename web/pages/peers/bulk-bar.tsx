import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Peer, PeerPatch } from "#contract/peers.ts";
import { call } from "../../api/client.ts";
import { isConcerned } from "../../api/keys.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { runBulk } from "./bulk.ts";
import classes from "./peers.module.css";

interface BulkBarProps {
  readonly picked: readonly Peer[];
  readonly onPickAll: () => void;
  readonly onClear: () => void;
}

/** What can be done with several peers at once. */
export function BulkBar({ picked, onPickAll, onClear }: BulkBarProps) {
  const t = useText(peersText);
  const client = useQueryClient();
  const notify = useNotify();
  const [progress, setProgress] = useState<number | null>(null);
  const [isDeleting, setIsDeleting] = useState(false);

  async function run(act: (peer: Peer) => Promise<unknown>): Promise<void> {
    setProgress(0);
    const outcomes = await runBulk(picked, act, setProgress);
    setProgress(null);
    const failed = outcomes.filter(({ error }) => error !== null).length;
    notify(t("bulkDone", { done: outcomes.length - failed, failed }));
    await client.invalidateQueries({ predicate: ({ queryKey }) => isConcerned(queryKey, "peers") });
    if (failed === 0) onClear();
  }
  const patch = (body: PeerPatch) => () =>
    void run(async ({ id }) => call("PATCH /api/v1/peers/:id", { params: { id }, body }));
  const isBusy = progress !== null;
  const button = { size: "xs", variant: "default", disabled: isBusy } as const;

  return (
    <section className={classes.bulk} aria-label={t("picked", { count: picked.length })}>
      <strong role="status">
        {t("picked", { count: picked.length })}
        {isBusy && ` · ${progress} / ${picked.length}`}
      </strong>
      <Button
        {...button}
        onClick={() =>
          void run(async ({ id }) => call("POST /api/v1/checks", { body: { peerId: id } }))
        }
      >
        {t("bulkCheck")}
      </Button>
      <Button {...button} onClick={patch({ isEnabled: true })}>
        {t("bulkOn")}
      </Button>
      <Button {...button} onClick={patch({ isEnabled: false })}>
        {t("bulkOff")}
      </Button>
      <Button {...button} onClick={patch({ stance: "trusted" })}>
        {t("bulkTrust")}
      </Button>
      <Button {...button} onClick={patch({ stance: "blocked" })}>
        {t("bulkBlock")}
      </Button>
      <Button {...button} onClick={() => setIsDeleting(true)}>
        {t("bulkDelete")}
      </Button>
      <span style={{ flex: 1 }} />
      <Button size="xs" variant="subtle" disabled={isBusy} onClick={onPickAll}>
        {t("pickAll")}
      </Button>
      <Button size="xs" variant="subtle" disabled={isBusy} onClick={onClear}>
        {t("pickNone")}
      </Button>
      <ConfirmDialog
        isOpen={isDeleting}
        title={t("bulkDeleteTitle", { count: picked.length })}
        word={t("deleteWord")}
        confirmLabel={t("bulkDeleteConfirm")}
        onClose={() => setIsDeleting(false)}
        onConfirm={() => {
          setIsDeleting(false);
          void run(async ({ id }) => call("DELETE /api/v1/peers/:id", { params: { id } }));
        }}
      >
        {t("bulkDeleteBody")}
      </ConfirmDialog>
    </section>
  );
}
