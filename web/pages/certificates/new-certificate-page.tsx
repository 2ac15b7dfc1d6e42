import { useMay, useSession } from "../../api/session.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { UploadForm } from "./upload-form.tsx";

/** A certificate comes in: given, checked, looked at, saved, and put to use. */
export function NewCertificatePage() {
  const t = useText(certificatesText);
  const shell = useText(shellText);
  const mayChange = useMay("admin");
  const { isSecure } = useSession();
  return (
    <>
      <PageHeader
        title={t("newTitle")}
        crumbs={[{ label: t("title"), to: "/certificates" }]}
        description={t("newIntro")}
      />
      {!mayChange && <Notice tone="info">{shell("readOnly")}</Notice>}
      {mayChange && !isSecure && <Notice tone="warning">{t("insecure")}</Notice>}
      {mayChange && isSecure && <UploadForm />}
    </>
  );
}
