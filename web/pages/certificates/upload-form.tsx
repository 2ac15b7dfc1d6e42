import { Button, Group, PasswordInput, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { FileInput } from "./file-input.tsx";
import { PreviewPanels } from "./preview-panels.tsx";
import { type UploadedFile, withFiles } from "./uploaded-files.ts";

/** Files and passphrase in, the appliance's judgement at once, then saving. Nothing is kept before. */
export function UploadForm() {
  const t = useText(certificatesText);
  const notify = useNotify();
  const navigate = useNavigate();
  const [files, setFiles] = useState<readonly UploadedFile[]>([]);
  const [typed, setTyped] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [label, setLabel] = useState("");
  const preview = useCall("POST /api/v1/certificates/preview");
  const save = useCall("POST /api/v1/certificates");
  const activate = useCall("POST /api/v1/certificates/:id/activation", { changes: ["domains"] });
  const { mutate: check, reset } = preview;
  const upload = {
    files: [...files],
    ...(passphrase === "" ? {} : { passphrase }),
  };
  useEffect(() => {
    if (files.length === 0) reset();
    else check({ body: { files: [...files], ...(passphrase === "" ? {} : { passphrase }) } });
  }, [files, passphrase, check, reset]);

  const wantsPassphrase =
    passphrase !== "" ||
    preview.error?.code === "certificate.passphrase_needed" ||
    preview.error?.code === "certificate.passphrase_wrong";

  async function proceed(id: string, isUsed: boolean): Promise<void> {
    const params = { id };
    // Saved is saved: if the activation fails, its page says so and offers it again.
    if (isUsed) await activate.mutateAsync({ params, body: { use: "https" } }).catch(() => null);
    await navigate({ to: "/certificates/$id", params });
  }

  function saveIt(isUsed: boolean): void {
    save.mutate(
      { body: { ...upload, label: label.trim() } },
      {
        onSuccess(saved) {
          notify(t("saved"));
          void proceed(saved.id, isUsed);
        },
      },
    );
  }

  return (
    <>
      <Panel title={t("filesTitle")}>
        <FileInput
          files={files}
          parts={preview.data?.parts ?? []}
          onAdd={(added) => setFiles((now) => withFiles(now, added))}
          onRemove={(name) => setFiles((now) => now.filter((file) => file.name !== name))}
        />
        {wantsPassphrase && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setPassphrase(typed);
            }}
            style={{ marginTop: "1rem" }}
          >
            <Group align="end" gap="sm">
              <PasswordInput
                label={t("passphrase")}
                description={t("passphraseHint")}
                autoComplete="off"
                autoFocus
                w={280}
                maxLength={1024}
                value={typed}
                onChange={(event) => setTyped(event.currentTarget.value)}
              />
              <Button type="submit" variant="default" loading={preview.isPending}>
                {t("passphraseCheck")}
              </Button>
            </Group>
          </form>
        )}
        {files.length > 0 && preview.error !== null && (
          <div style={{ marginTop: "1rem" }}>
            <ProblemNotice error={preview.error} />
          </div>
        )}
      </Panel>
      {preview.isPending && preview.data === undefined && <PageLoading />}
      {preview.data !== undefined && (
        <>
          <PreviewPanels preview={preview.data} />
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
              {!preview.data.canSave && <p className="wg-dimmed">{t("cannotSave")}</p>}
            </div>
            <Group gap="sm">
              <Button
                disabled={!preview.data.canSave}
                loading={save.isPending || activate.isPending}
                onClick={() => saveIt(true)}
              >
                {t("saveAndUse")}
              </Button>
              <Button
                variant="default"
                disabled={!preview.data.canSave || save.isPending}
                onClick={() => saveIt(false)}
              >
                {t("save")}
              </Button>
            </Group>
          </Panel>
        </>
      )}
    </>
  );
}
