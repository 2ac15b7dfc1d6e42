import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { X2xAgreement, X2xCheck } from "#contract/x2x.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { useCall } from "../../api/query.ts";
import { NameProblem } from "../../components/name-problem.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { newTerms, requestOf } from "../peers/terms.ts";
import { ownField } from "./draft.ts";
import { useFaultWord, useTerms } from "./fields.ts";
import { useFieldName } from "./field-name.ts";
import classes from "./x2x.module.css";

interface CheckNoticesProps {
  readonly agreement: X2xAgreement;
  readonly check: X2xCheck | undefined;
  readonly error: ApiProblem | null;
}

/** What stands in the way of a link, each with its way out. */
export function CheckNotices({ agreement, check, error }: CheckNoticesProps) {
  const t = useTerms();
  const word = useFaultWord();
  const nameOf = useFieldName();
  const notify = useNotify();
  const add = useCall("POST /api/v1/peers", {
    changes: ["x2x-links"],
    onSuccess: ({ domain }) => notify(t("peerAdded", { domain })),
  });
  if (error !== null) return <CheckProblem error={error} />;
  if (check === undefined) return <p role="status">{t("checking")}</p>;
  const { faults, notOurs, notAllowed } = check;
  return (
    <>
      {faults.length > 0 && (
        <Notice tone="failed" role="alert" title={t("faultsTitle")}>
          <ul>
            {faults.map(({ code, field, link }) => (
              <li key={`${code} ${field} ${link}`}>
                {t("ofField", { what: nameOf(field), fault: word(code, link ?? "") })}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {notOurs.length > 0 && (
        <Notice
          tone="warning"
          title={t("notOursTitle", { names: notOurs.join(", ") })}
          action={<Link to="/domains">{t("addDomain")}</Link>}
        >
          <p>{t("notOursBody")}</p>
        </Notice>
      )}
      {notAllowed.length > 0 && (
        <Notice tone="warning" title={t("notAllowedTitle", { names: notAllowed.join(", ") })}>
          <p>{t("notAllowedBody")}</p>
          <div className={classes.buttons}>
            {notAllowed.map((domain) => (
              <Button
                key={domain}
                size="compact-sm"
                variant="default"
                loading={add.isPending}
                onClick={() =>
                  add.mutate({
                    body: requestOf({
                      ...newTerms,
                      domain,
                      // A check is a ping across the link, and opens it.
                      checkIntervalSeconds: 3_600,
                    }),
                  })
                }
              >
                {t("addPeer", { domain })}
              </Button>
            ))}
          </div>
          <ProblemNotice error={add.error} />
        </Notice>
      )}
      {agreement.security !== "plain" &&
        check.withoutCertificate.length === check.agreement.sides[0].domains.length && (
          <Notice
            tone="warning"
            title={t("certificateNone", { names: check.withoutCertificate.join(", ") })}
            action={<Link to="/certificates">{t("toCertificates")}</Link>}
          >
            <p>{t("certificateNoneBody")}</p>
          </Notice>
        )}
    </>
  );
}

/** What the appliance refused: which value, and at which field; nothing for null. */
export function CheckProblem({ error }: { readonly error: ApiProblem | null }) {
  const t = useTerms();
  const word = useFaultWord();
  const nameOf = useFieldName();
  if (error === null) return null;
  if (error.code.startsWith("name.")) return <NameProblem error={error} onTake={() => {}} />;
  const fields = Object.entries(error.fields);
  const isOfFields = error.code === "request.invalid" || error.code.startsWith("x2x.");
  if (!isOfFields || fields.length === 0) return <ProblemNotice error={error} />;
  const link = String(error.params["link"] ?? "");
  return (
    <Notice tone="failed" role="alert" title={t("faultsTitle")}>
      <ul>
        {fields.map(([field, message]) => (
          <li key={field}>
            {t("ofField", { what: nameOf(ownField(field)), fault: word(message, link) })}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
