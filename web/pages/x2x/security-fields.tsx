import { Textarea } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Notice } from "../../components/notice.tsx";
import { Status } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { Choice } from "../peers/choice.tsx";
import { ConsentField } from "./consent-field.tsx";
import { listOf, type SideDraft, type X2xDraft } from "./draft.ts";
import { type FieldsProps, useTerms } from "./fields.ts";
import { shownCertificate, useOwnNames } from "./own-names.ts";
import classes from "./x2x.module.css";

/** Encryption, and what each certificate must be; none at all only by typed consent. */
export function SecurityFields(props: FieldsProps) {
  const t = useTerms();
  const { draft, set } = props;
  return (
    <div className={classes.fields}>
      <Choice
        label={t("security")}
        value={draft.security}
        onChange={(security) => set(withSecurity(draft, security))}
        options={[
          ["mutual_tls", t("security.mutual_tls"), t("securityHelp.mutual_tls")],
          ["plain", t("security.plain"), t("securityHelp.plain")],
        ]}
      />
      {draft.security === "plain" ? (
        <ConsentField {...props} title={t("plainTitle")} body={t("plainBody")} />
      ) : (
        <>
          <fieldset className={classes.part}>
            <legend>{t("ourCertificate")}</legend>
            <OwnCertificate domains={listOf(draft.ours.domains)} />
            <CertificateFields {...props} whose="ours" />
          </fieldset>
          <fieldset className={classes.part}>
            <legend>{t("theirCertificate")}</legend>
            <CertificateFields {...props} whose="theirs" />
          </fieldset>
        </>
      )}
    </div>
  );
}

/** Without TLS nobody can be known by certificate. */
function withSecurity(draft: X2xDraft, security: X2xDraft["security"]): Partial<X2xDraft> {
  const mended = (side: SideDraft): SideDraft => {
    if (security === "plain" && side.knownBy === "certificate")
      return { ...side, knownBy: "address" };
    if (security === "mutual_tls") return { ...side, knownBy: "certificate" };
    return side;
  };
  return { security, ours: mended(draft.ours), theirs: mended(draft.theirs), consent: "" };
}

/** Which certificate of ours the link shows, or that there is none. */
export function OwnCertificate({ domains }: { readonly domains: readonly string[] }) {
  const t = useTerms();
  const time = useTimeFormat();
  const own = useOwnNames();
  if (own === null || domains.length === 0) return null;
  const shown = shownCertificate(domains, own);
  if (shown === null)
    return (
      <Notice
        tone="warning"
        title={t("certificateNone", { names: domains.join(", ") })}
        action={<Link to="/certificates">{t("toCertificates")}</Link>}
      >
        <p>{t("certificateNoneBody")}</p>
      </Notice>
    );
  const { name, certificate } = shown;
  const until = time.date(new Date(certificate.notAfter));
  return (
    <Status tone="ok">{t("certificateUsed", { name, label: certificate.label, until })}</Status>
  );
}

function CertificateFields({
  draft,
  set,
  faultAt,
  whose,
}: FieldsProps & { readonly whose: "ours" | "theirs" }) {
  const t = useTerms();
  const own = useOwnNames();
  const side = draft[whose];
  const change = (part: Partial<SideDraft>) => set({ [whose]: { ...side, ...part } });
  const inUse =
    whose === "ours" && own !== null ? shownCertificate(listOf(side.domains), own) : null;
  const fingerprint = inUse?.certificate.fingerprint ?? "";
  return (
    <>
      <Choice
        label={t(whose === "ours" ? "ourCertificateBy" : "theirCertificateBy")}
        value={side.certificateBy}
        onChange={(certificateBy) =>
          change({
            certificateBy,
            // What is in use is what they must know.
            ...(certificateBy === "pins" && side.pins === "" ? { pins: fingerprint } : {}),
          })
        }
        options={[
          ["names", t("certificateBy.names"), t("certificateHelp.names")],
          ["pins", t("certificateBy.pins"), t("certificateHelp.pins")],
        ]}
      />
      {side.certificateBy === "pins" && (
        <Textarea
          label={t(whose === "ours" ? "ourPins" : "theirPins")}
          description={t("pinsHelp")}
          autosize
          minRows={2}
          spellCheck={false}
          classNames={{ input: "wg-mono" }}
          value={side.pins}
          error={faultAt(`sides.${whose === "ours" ? 0 : 1}.certificate.pins`)}
          onChange={(event) => change({ pins: event.currentTarget.value })}
        />
      )}
    </>
  );
}
