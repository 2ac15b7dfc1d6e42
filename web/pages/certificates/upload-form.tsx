import { useEffect, useState } from "react";
import { useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { FileInput } from "./file-input.tsx";
import { PassphraseForm } from "./passphrase-form.tsx";
import { PreviewPanels } from "./preview-panels.tsx";
import { SavePanel } from "./save-panel.tsx";
import { type UploadedFile, withFiles } from "./uploaded-files.ts";

/** Files and passphrase in, the appliance's judgement at once, then saving. Nothing is kept before. */
export function UploadForm() {
  const t = useText(certificatesText);
  const [files, setFiles] = useState<readonly UploadedFile[]>([]);
  const [passphrase, setPassphrase] = useState("");
  const preview = useCall("POST /api/v1/certificates/preview");
  const { mutate: check, reset, data, error, isPending } = preview;
  useEffect(() => {
    if (files.length === 0) reset();
    else check({ body: { files: [...files], ...(passphrase === "" ? {} : { passphrase }) } });
  }, [files, passphrase, check, reset]);
  const wantsPassphrase =
    passphrase !== "" ||
    error?.code === "certificate.passphrase_needed" ||
    error?.code === "certificate.passphrase_wrong";
  return (
    <>
      <Panel title={t("filesTitle")}>
        <FileInput
          files={files}
          parts={data?.parts ?? []}
          onAdd={(added) => setFiles((now) => withFiles(now, added))}
          onRemove={(name) => setFiles((now) => now.filter((file) => file.name !== name))}
        />
        {wantsPassphrase && <PassphraseForm isBusy={isPending} onSubmit={setPassphrase} />}
        {files.length > 0 && error !== null && (
          <div style={{ marginTop: "1rem" }}>
            <ProblemNotice error={error} />
          </div>
        )}
      </Panel>
      {isPending && data === undefined && <PageLoading />}
      {data !== undefined && (
        <>
          <PreviewPanels preview={data} />
          <SavePanel files={files} passphrase={passphrase} preview={data} />
        </>
      )}
    </>
  );
}
