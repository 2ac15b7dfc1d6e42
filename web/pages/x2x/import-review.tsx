import { Button, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { X2xAgreement, X2xOffer } from "#contract/x2x.ts";
import { useCall } from "../../api/query.ts";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { Status } from "../../components/status.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { AgreementView } from "./agreement-view.tsx";
import { CheckNotices, CheckProblem } from "./check-notices.tsx";
import { ConsentField } from "./consent-field.tsx";
import { ListenAddressField } from "./direction-fields.tsx";
import {
  draftOf,
  type Faults,
  faultsOf,
  needsConsent,
  ownTermsOf,
  type X2xDraft,
} from "./draft.ts";
import { type FieldsProps, useFaultAt, useTerms } from "./fields.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { OwnFields } from "./habits-fields.tsx";
import { isSameFingerprint } from "./offer.ts";
import { type OwnName, useOwnNames } from "./own-names.ts";
import { OwnCertificate } from "./security-fields.tsx";
import { useCheck } from "./use-check.ts";
import classes from "./x2x.module.css";

const OWN = ["name", "bindAddress", "listenAddress", "priority", "consent"];

/** What a half says, from our side; what it still needs of us; and the link that is made of it. */
export function ImportReview(props: { readonly offer: X2xOffer; readonly onAnother: () => void }) {
  const t = useText(x2xText);
  const terms = useTerms();
  const { offer } = props;
  const { agreement } = offer;
  const [draft, setDraft] = useState<X2xDraft>(() => {
    // The half has the name that its other end goes by: seen from here it would lead the wrong way.
    const [domain = ""] = agreement.sides[1].domains;
    return draftOf({ agreement, name: t("importNameIs", { domain }), ...ownDefaults });
  });
  const faults = ownFaults(draft);
  const fields: FieldsProps = {
    draft,
    set: (part) => setDraft((now) => ({ ...now, ...part })),
    faultAt: useFaultAt(
      Object.fromEntries(Object.entries(faults).filter(([key]) => key !== "consent")),
    ),
  };
  const ownTerms = ownTermsOf(draft);
  const listenAddress = faults["listenAddress"] === undefined ? ownTerms.listenAddress : null;
  const check = useCheck({ agreement, listenAddress });
  const create = useCreate();
  const isSame =
    check.data !== undefined && isSameFingerprint(check.data.fingerprint, offer.fingerprint);
  const isGood = isSame && check.data?.faults.length === 0 && Object.keys(faults).length === 0;
  const isOwnHalf = looksSwapped(agreement, useOwnNames());
  return (
    <div className={classes.stack}>
      {isOwnHalf && (
        <Notice tone="failed" role="alert" title={t("ownHalf")}>
          <p>{t("ownHalfBody")}</p>
        </Notice>
      )}
      {!isOwnHalf && <CheckNotices agreement={agreement} check={check.data} error={check.error} />}
      {!isOwnHalf && check.data !== undefined && (
        <Panel title={t("compareTitle")} description={t("compareBody")}>
          <Fingerprint digits={check.data.fingerprint} />
          {isSame ? (
            <Status tone="ok">{t("carriedSame")}</Status>
          ) : (
            <Notice tone="failed" role="alert" title={t("carriedOther")}>
              <p>{t("carriedOtherBody", { carried: offer.fingerprint })}</p>
            </Notice>
          )}
        </Panel>
      )}
      <Panel title={t("agreementPanel")} description={terms("importAbout")}>
        {/* As the appliance reads it: names that only look alike differ here. */}
        <AgreementView agreement={check.data?.agreement ?? agreement} />
      </Panel>
      {!isOwnHalf && <Needed {...fields} agreement={agreement} />}
      <CheckProblem error={create.error} />
      <div className={classes.foot}>
        <Button
          disabled={!isGood || isOwnHalf}
          loading={create.isPending}
          onClick={() =>
            create.mutate({
              body: {
                name: draft.name.trim(),
                agreement,
                ...ownTerms,
                ...(needsConsent(agreement) ? { consent: draft.consent.trim() } : {}),
              },
            })
          }
        >
          {t("makeImported")}
        </Button>
        <Button variant="default" onClick={props.onAnother}>
          {t("another")}
        </Button>
      </div>
    </div>
  );
}

/** What a half cannot say: our name for the link, our own addresses, priority, and consent. */
function Needed(props: FieldsProps & { readonly agreement: X2xAgreement }) {
  const t = useText(x2xText);
  const { agreement, ...fields } = props;
  return (
    <Panel title={t("neededTitle")}>
      <div className={classes.fields}>
        {agreement.security !== "plain" && <OwnCertificate domains={agreement.sides[0].domains} />}
        <TextInput
          label={t("importName")}
          maxLength={100}
          value={fields.draft.name}
          error={fields.faultAt("name")}
          onChange={(event) => fields.set({ name: event.currentTarget.value })}
        />
        <OwnAddressFields {...fields} agreement={agreement} />
        <OwnFields {...fields} />
        <Consent {...fields} agreement={agreement} />
      </div>
    </Panel>
  );
}

const ownDefaults = { priority: 10, fallsBack: false, bindAddress: null, listenAddress: null };

/** Of what is ours to say; the agreement itself is judged as it came. */
function ownFaults(draft: X2xDraft): Faults {
  return Object.fromEntries(
    Object.entries(faultsOf(draft)).filter(([field]) => OWN.includes(field)),
  );
}

function useCreate() {
  const t = useText(x2xText);
  const notify = useNotify();
  const navigate = useNavigate();
  return useCall("POST /api/v1/x2x-links", {
    onSuccess({ id, name }) {
      notify(t("made", { name }));
      void navigate({ to: "/connections/x2x/$id", params: { id } });
    },
  });
}

/** Whoever exported a half and imports it again finds the sides the wrong way round. */
function looksSwapped(agreement: X2xAgreement, own: readonly OwnName[] | null): boolean {
  const isOurs = (domain: string) => own?.some(({ name }) => name === domain) === true;
  const [ours, theirs] = agreement.sides;
  return theirs.domains.some(isOurs) && !ours.domains.some(isOurs);
}

function OwnAddressFields(props: FieldsProps & { readonly agreement: X2xAgreement }) {
  const t = useTerms();
  const { draft, set, faultAt } = props;
  const [ours] = props.agreement.sides;
  return (
    <>
      {ours.listens !== null && <ListenAddressField {...props} />}
      {ours.opens !== null && (
        <TextInput
          label={t("bindAddress")}
          description={t("bindAddressHelp")}
          spellCheck={false}
          value={draft.bindAddress}
          error={faultAt("bindAddress")}
          onChange={(event) => set({ bindAddress: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function Consent(props: FieldsProps & { readonly agreement: X2xAgreement }) {
  const t = useTerms();
  const { agreement, ...fields } = props;
  if (!needsConsent(agreement)) return null;
  return agreement.security === "plain" ? (
    <ConsentField {...fields} title={t("plainTitle")} body={t("plainBody")} />
  ) : (
    <ConsentField {...fields} title={t("implicitTitle")} body={t("implicitBody")} />
  );
}
