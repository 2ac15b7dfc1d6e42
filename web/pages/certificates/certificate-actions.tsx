import { ActionIcon, Button, Group, Menu, TextInput } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Certificate } from "#contract/certificates.ts";
import { useCall } from "../../api/query.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { titleOf } from "./life.ts";
import { UseForXmpp } from "./use-for-xmpp.tsx";

/** Put to use, roll back, rename, remove. */
export function CertificateActions({ certificate }: { readonly certificate: Certificate }) {
  const t = useText(certificatesText);
  const notify = useNotify();
  const [open, setOpen] = useState<"rename" | "remove" | null>(null);
  const label = titleOf(certificate);
  const isActive = certificate.uses.includes("https");
  const isInUse = certificate.uses.length > 0;
  const isPrevious = certificate.canRollBackFor.includes("https");
  const activate = useCall("POST /api/v1/certificates/:id/activation", {
    changes: ["domains"],
    onSuccess: () => notify(t("activated", { label })),
  });
  return (
    <>
      {!isActive && (
        <Button
          loading={activate.isPending}
          onClick={() =>
            activate.mutate({ params: { id: certificate.id }, body: { use: "https" } })
          }
        >
          {isPrevious ? t("rollBack") : t("activate")}
        </Button>
      )}
      <UseForXmpp certificate={certificate} />
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("moreFor", { label })}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setOpen("rename")}>{t("rename")}</Menu.Item>
          <Menu.Item color="red" disabled={isInUse} onClick={() => setOpen("remove")}>
            {t("remove")}
          </Menu.Item>
          {isInUse && <Menu.Label>{t("removeInUse")}</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      {open === "rename" && (
        <RenameDialog certificate={certificate} onClose={() => setOpen(null)} />
      )}
      <RemoveDialog
        certificate={certificate}
        isOpen={open === "remove"}
        onClose={() => setOpen(null)}
      />
      <Dialog isOpen={activate.error !== null} title={label} onClose={activate.reset}>
        <ProblemNotice error={activate.error} />
      </Dialog>
    </>
  );
}

function RenameDialog(props: { readonly certificate: Certificate; readonly onClose: () => void }) {
  const t = useText(certificatesText);
  const notify = useNotify();
  const [label, setLabel] = useState(titleOf(props.certificate));
  const rename = useCall("PATCH /api/v1/certificates/:id", {
    onSuccess() {
      notify(t("renamed"));
      props.onClose();
    },
  });
  return (
    <Dialog isOpen title={t("rename")} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate({ params: { id: props.certificate.id }, body: { label: label.trim() } });
        }}
      >
        <TextInput
          label={t("label")}
          maxLength={80}
          data-autofocus
          value={label}
          error={rename.error?.fields["label"]}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <div style={{ margin: "0.875rem 0" }}>
          <ProblemNotice error={rename.error} shownFields={["label"]} />
        </div>
        <Group justify="flex-end">
          <Button type="submit" disabled={label.trim() === ""} loading={rename.isPending}>
            {t("rename")}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

function RemoveDialog(props: {
  readonly certificate: Certificate;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const t = useText(certificatesText);
  const notify = useNotify();
  const navigate = useNavigate();
  const label = titleOf(props.certificate);
  const remove = useCall("DELETE /api/v1/certificates/:id", {
    changes: ["domains"],
    onSuccess() {
      notify(t("removed", { label }));
      void navigate({ to: "/certificates" });
    },
  });
  return (
    <ConfirmDialog
      isOpen={props.isOpen}
      title={t("removeTitle", { label })}
      word={label}
      confirmLabel={t("remove")}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { id: props.certificate.id } })}
      onClose={props.onClose}
    >
      {t("removeBody")}
    </ConfirmDialog>
  );
}
