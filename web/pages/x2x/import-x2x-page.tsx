import "@mantine/core/styles/Checkbox.layer.css";
import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import type { X2xOffer } from "#contract/x2x.ts";
import { useMay } from "../../api/session.ts";
import { DropZone } from "../../components/drop-zone.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { ImportReview } from "./import-review.tsx";
import { MOST_BYTES, readOffer } from "./offer.ts";
import classes from "./x2x.module.css";

type Refusal = { readonly reason: string; readonly field: string };

/** The other side's half becomes a link here, after it was read and compared. */
export function ImportX2xPage() {
  const t = useText(x2xText);
  const shell = useText(shellText);
  const may = useMay("admin");
  const [offer, setOffer] = useState<X2xOffer | null>(null);
  return (
    <>
      <PageHeader
        title={t("importTitle")}
        description={t("importAbout")}
        crumbs={[
          { label: t("crumb"), to: "/connections" },
          { label: t("title"), to: "/connections/x2x" },
        ]}
      />
      {!may && <Notice tone="info">{shell("readOnly")}</Notice>}
      {may && offer === null && <OfferInput onRead={setOffer} />}
      {may && offer !== null && <ImportReview offer={offer} onAnother={() => setOffer(null)} />}
    </>
  );
}

function OfferInput({ onRead }: { readonly onRead: (offer: X2xOffer) => void }) {
  const t = useText(x2xText);
  const [pasted, setPasted] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  function take(text: string): void {
    const read = readOffer(text);
    if (read.ok) return onRead(read.offer);
    setRefusal({ reason: read.reason, field: read.reason === "field" ? read.field : "" });
  }

  async function takeFile(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) return setRefusal({ reason: "too_large", field: "" });
    const text = await file.text().catch(() => null);
    if (text === null) return setRefusal({ reason: "unreadable", field: "" });
    take(text);
  }

  return (
    <Panel>
      <div className={classes.fields}>
        <DropZone
          multiple={false}
          onDrop={(files) => void takeFile(files[0])}
          title={t("dropTitle")}
          body={t("dropBody")}
          browse={t("browse")}
        />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            take(pasted);
          }}
        >
          <Textarea
            label={t("pasteLabel")}
            rows={8}
            spellCheck={false}
            autoComplete="off"
            classNames={{ input: "wg-mono" }}
            value={pasted}
            onChange={(event) => {
              setPasted(event.currentTarget.value);
              setRefusal(null);
            }}
          />
          <Button mt="sm" type="submit" variant="default" disabled={pasted.trim() === ""}>
            {t("read")}
          </Button>
        </form>
        <div role="alert">
          {refusal !== null && (
            <Notice
              tone="failed"
              title={t.rich(`refused.${refusal.reason}` as "refused.field", {
                field: refusal.field,
                c: (chunks) => <code key="field">{chunks}</code>,
              })}
            />
          )}
        </div>
      </div>
    </Panel>
  );
}
