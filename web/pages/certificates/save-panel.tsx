import { Button, Group, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { CertificatePreview } from "#contract/certificates.ts";
import type { CallInput } from "../../api/client.ts";
import { useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { coveredNames } from "./names.ts";
import type { UploadedFile } from "./uploaded-files.ts";

type Use = CallInput<"POST /api/v1/certificates/:id/activation">["body"];

interface SavePanelProps {
  readonly files: readonly UploadedFile[];
  readonly passphrase: string;
  readonly preview: CertificatePreview;
}

/** Gives the upload its name and saves it, at once in use if wanted. */
export function SavePanel({ files, passphrase, preview }: SavePanelProps) {
  const { canSave } = preview;
  const names = coveredNames(preview.coverage).map(({ name }) => name);
  const t = useText(certificatesText);
  const unicode = useUnicodeNames();
  const notify = useNotify();
  const navigate = useNavigate();
  const [label, setLabel] = useState("");
  const save = useCall("POST /api/v1/certificates");
  const activate = useCall("POST /api/v1/certificates/:id/activation", { changes: ["domains"] });

  const isBusy = save.isPending || activate.isPending;

  async function proceed(id: string, use: Use | null): Promise<void> {
    const params = { id };
    // Saved is saved: if the activation fails, its page says so and offers it again.
    if (use !== null) await activate.mutateAsync({ params, body: use }).catch(() => null);
    await navigate({ to: "/certificates/$id", params });
  }

  function saveIt(use: Use | null): void {
    const secret = passphrase === "" ? {} : { passphrase };
    save.mutate(
      { body: { files: [...files], ...secret, label: label.trim() } },
      {
        onSuccess(saved) {
          notify(t("saved"));
          void proceed(saved.id, use);
        },
      },
    );
  }

  return (
    <Panel>
      <TextInput
        label={t("label")}
        description={t("labelHint")}
        maxLength={80}
        maw={416}
        value={label}
        error={save.error?.fields["label"]}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <div style={{ margin: "1rem 0" }}>
        <ProblemNotice error={save.error} shownFields={["label"]} />
        {!canSave && <p className="wg-dimmed">{t("cannotSave")}</p>}
        {canSave && names.length > 0 && (
          <p className="wg-dimmed">
            {t("saveAndUseNames", { names: names.map(unicode).join(", ") })}
          </p>
        )}
      </div>
      <Group gap="sm">
        {names.length > 0 && (
          <Button
            disabled={!canSave}
            loading={isBusy}
            onClick={() => saveIt({ use: "xmpp", names })}
          >
            {t("saveAndUseXmpp")}
          </Button>
        )}
        {/* A certificate of names that are federated from here is most often for them. */}
        <Button
          variant={names.length > 0 ? "default" : "filled"}
          disabled={!canSave || (names.length > 0 && isBusy)}
          loading={names.length === 0 && isBusy}
          onClick={() => saveIt({ use: "https" })}
        >
          {t("saveAndUse")}
        </Button>
        <Button
          variant="default"
          disabled={!canSave || save.isPending}
          onClick={() => saveIt(null)}
        >
          {t("save")}
        </Button>
      </Group>
    </Panel>
  );
}
