import { Button, Group, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import type { UploadedFile } from "./uploaded-files.ts";

interface SavePanelProps {
  readonly files: readonly UploadedFile[];
  readonly passphrase: string;
  readonly canSave: boolean;
}

/** Gives the upload its name and saves it, at once in use if wanted. */
export function SavePanel({ files, passphrase, canSave }: SavePanelProps) {
  const t = useText(certificatesText);
  const notify = useNotify();
  const navigate = useNavigate();
  const [label, setLabel] = useState("");
  const save = useCall("POST /api/v1/certificates");
  const activate = useCall("POST /api/v1/certificates/:id/activation", { changes: ["domains"] });

  async function proceed(id: string, isUsed: boolean): Promise<void> {
    const params = { id };
    // Saved is saved: if the activation fails, its page says so and offers it again.
    if (isUsed) await activate.mutateAsync({ params, body: { use: "https" } }).catch(() => null);
    await navigate({ to: "/certificates/$id", params });
  }

  function saveIt(isUsed: boolean): void {
    const secret = passphrase === "" ? {} : { passphrase };
    save.mutate(
      { body: { files: [...files], ...secret, label: label.trim() } },
      {
        onSuccess(saved) {
          notify(t("saved"));
          void proceed(saved.id, isUsed);
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
      </div>
      <Group gap="sm">
        <Button
          disabled={!canSave}
          loading={save.isPending || activate.isPending}
          onClick={() => saveIt(true)}
        >
          {t("saveAndUse")}
        </Button>
        <Button
          variant="default"
          disabled={!canSave || save.isPending}
          onClick={() => saveIt(false)}
        >
          {t("save")}
        </Button>
      </Group>
    </Panel>
  );
}
