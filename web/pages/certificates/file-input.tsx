import { ActionIcon, Button, Textarea } from "@mantine/core";
import { IconFileCertificate, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { CertificatePart } from "#contract/certificates.ts";
import { DropZone } from "../../components/drop-zone.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./file-input.module.css";
import { MOST_BYTES, MOST_FILES, readFile, type UploadedFile } from "./uploaded-files.ts";

interface FileInputProps {
  readonly files: readonly UploadedFile[];
  /** What the appliance recognised in them. */
  readonly parts: readonly CertificatePart[];
  readonly onAdd: (files: readonly UploadedFile[]) => void;
  readonly onRemove: (name: string) => void;
}

/** Drop, browse or paste; below it what each piece was recognised as. */
export function FileInput({ files, parts, onAdd, onRemove }: FileInputProps) {
  const t = useText(certificatesText);
  const [pasted, setPasted] = useState("");
  const [pastes, setPastes] = useState(0);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function take(chosen: readonly File[]): Promise<void> {
    const read = await Promise.all(chosen.map(readFile));
    const lost = chosen.find((_, index) => read[index] === null);
    setRefusal(lost === undefined ? null : t("unreadableFile", { name: lost.name }));
    onAdd(read.filter((file) => file !== null));
  }

  return (
    <div className={classes.input}>
      <DropZone
        maxSize={MOST_BYTES}
        maxFiles={MOST_FILES}
        onDrop={(chosen) => void take(chosen)}
        onReject={(rejections) => {
          const [first] = rejections;
          const isTooMany = first?.errors.some((error) => error.code === "too-many-files") === true;
          setRefusal(isTooMany ? t("tooMany") : t("tooLarge", { name: first?.file.name ?? "?" }));
        }}
        title={t("dropTitle")}
        body={t("dropBody")}
        browse={t("browse")}
      />
      <div role="alert">{refusal !== null && <p className={classes.refusal}>{refusal}</p>}</div>
      <details className={classes.paste}>
        <summary>{t("pasteTitle")}</summary>
        <Textarea
          label={t("pasteLabel")}
          rows={6}
          spellCheck={false}
          autoComplete="off"
          classNames={{ input: "wg-mono" }}
          value={pasted}
          onChange={(event) => setPasted(event.currentTarget.value)}
        />
        <Button
          mt="xs"
          variant="default"
          disabled={pasted.trim() === ""}
          onClick={() => {
            onAdd([{ name: t("pastedName", { number: pastes + 1 }), text: pasted }]);
            setPastes(pastes + 1);
            setPasted("");
          }}
        >
          {t("pasteAdd")}
        </Button>
      </details>
      {files.length > 0 && (
        <ul className={classes.files} aria-label={t("filesTitle")}>
          {files.map((file) => (
            <li key={file.name} className={classes.file}>
              <IconFileCertificate size={18} stroke={1.5} aria-hidden="true" />
              <div>
                <p className="wg-mono">{file.name}</p>
                {parts
                  .filter((part) => part.file === file.name)
                  .map((part, index) => (
                    <p key={index} className="wg-dimmed">
                      {t(`part_${part.kind}`)}: {part.description}
                    </p>
                  ))}
              </div>
              <ActionIcon
                variant="subtle"
                aria-label={t("removeFile", { name: file.name })}
                onClick={() => onRemove(file.name)}
              >
                <IconX size={16} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
