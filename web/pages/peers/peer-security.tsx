import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { AuthoritySummary, KnownCertificate } from "#contract/peer-trust.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Notice } from "../../components/notice.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import { Choice } from "./choice.tsx";
import classes from "./peers.module.css";
import { PinsField } from "./pins-field.tsx";
import {
  dayOf,
  endOfDay,
  MAX_TEST_DAYS,
  needsTestConsent,
  needsTlsConsent,
  type Terms,
} from "./terms.ts";

interface SecurityProps {
  readonly terms: Terms;
  readonly before: Terms | null;
  readonly set: <K extends keyof Terms>(key: K, value: Terms[K]) => void;
  readonly error: ApiProblem | null;
  /** Of the saved PEM. */
  readonly authorities: readonly AuthoritySummary[];
  /** What it has shown, newest first. */
  readonly known: readonly KnownCertificate[];
}

/** How a peer has to prove who it is. Only what is enforced is offered, and it is said where. */
export function SecurityFields(props: SecurityProps) {
  const t = useText(peerTrustText);
  const { terms, set } = props;
  const hasTls = terms.tlsPolicy !== "never";
  return (
    <>
      <fieldset>
        <legend>{t("securityTitle")}</legend>
        <Notice tone="info">{t("securityNote")}</Notice>
        <TlsFields {...props} />
        <Checkbox
          label={t("fieldDialback")}
          description={t(hasTls ? "fieldDialbackHelp" : "fieldDialbackNever")}
          checked={terms.allowsDialback || !hasTls}
          disabled={!hasTls}
          onChange={(event) => set("allowsDialback", event.currentTarget.checked)}
        />
        {hasTls && <PinsField {...props} />}
        {hasTls && <AuthorityField {...props} />}
        {hasTls && (
          <Choice
            label={t("fieldChange")}
            value={terms.certificateChange}
            onChange={(value) => set("certificateChange", value)}
            options={[
              ["none", t("change.none"), t("changeNoneHelp")],
              ["notify", t("change.notify"), t("changeNotifyHelp")],
              ["hold", t("change.hold"), t("changeHoldHelp")],
            ]}
          />
        )}
      </fieldset>
      {hasTls && <TestModeFields {...props} />}
    </>
  );
}

function TlsFields({ terms, before, set }: SecurityProps) {
  const t = useText(peerTrustText);
  return (
    <>
      <Choice
        label={t("fieldTls")}
        value={terms.tlsPolicy}
        onChange={(value) => set("tlsPolicy", value)}
        options={[
          ["required", t("tlsRequired"), t("tlsRequiredHelp")],
          ["preferred", t("tlsPreferred"), t("tlsPreferredHelp")],
          ["never", t("tlsNever"), t("tlsNeverHelp")],
        ]}
      />
      {needsTlsConsent(terms, before) && (
        <TextInput
          label={t.rich("consent", { domain: <code>{terms.domain.trim()}</code> })}
          value={terms.consent}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set("consent", event.currentTarget.value)}
        />
      )}
      {terms.tlsPolicy !== "never" && (
        <NativeSelect
          label={t("fieldMinTls")}
          maw="12rem"
          value={terms.minTls}
          data={[
            { value: "TLSv1.2", label: t("minTls.TLSv1.2") },
            { value: "TLSv1.3", label: t("minTls.TLSv1.3") },
          ]}
          onChange={(event) =>
            set("minTls", event.currentTarget.value === "TLSv1.3" ? "TLSv1.3" : "TLSv1.2")
          }
        />
      )}
    </>
  );
}

function AuthorityField({ terms, before, set, error, authorities }: SecurityProps) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const isSaved = terms.authorityPem !== "" && terms.authorityPem === before?.authorityPem;
  return (
    <div>
      <Textarea
        label={t("fieldAuthority")}
        description={t("fieldAuthorityHelp")}
        value={terms.authorityPem}
        rows={terms.authorityPem === "" ? 2 : 6}
        maxLength={65_536}
        spellCheck={false}
        autoComplete="off"
        placeholder="-----BEGIN CERTIFICATE-----"
        classNames={{ input: "wg-mono" }}
        error={error?.fields["authorityPem"]}
        onChange={(event) => set("authorityPem", event.currentTarget.value)}
      />
      {isSaved && (
        <ul className={classes.pins}>
          {authorities.map(({ subject, fingerprint, notAfter }) => (
            <li key={fingerprint}>
              <span>
                <b>{subject}</b>{" "}
                <span className="wg-dimmed">
                  {t("authorityUntil", { date: time.date(new Date(notAfter)) })}
                </span>
                <span className={`wg-mono ${classes.pin}`}>{fingerprint}</span>
              </span>
              <CopyButton value={fingerprint} what={t("rowFingerprint")} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const DAY_MS = 86_400_000;

function TestModeFields({ terms, before, set, error }: SecurityProps) {
  const t = useText(peerTrustText);
  const [now] = useState(Date.now);
  const after = (days: number) => dayOf(new Date(now + days * DAY_MS).toISOString());
  const isOn = terms.testModeUntil !== "";
  return (
    <fieldset>
      <legend>{t("testTitle")}</legend>
      <Checkbox
        label={t("fieldTest")}
        description={t("fieldTestHelp")}
        checked={isOn}
        color="red"
        onChange={(event) =>
          set("testModeUntil", event.currentTarget.checked ? endOfDay(after(7), now) : "")
        }
      />
      {isOn && (
        <>
          <Notice tone="failed">{t("testDanger")}</Notice>
          <TextInput
            type="date"
            label={t("fieldTestUntil")}
            maw="12rem"
            required
            withAsterisk={false}
            min={after(0)}
            max={after(MAX_TEST_DAYS)}
            value={dayOf(terms.testModeUntil)}
            error={error?.fields["testModeUntil"]}
            onChange={(event) => {
              const until = endOfDay(event.currentTarget.value, now);
              // A field that is being typed into is no day for a while.
              if (until !== "") set("testModeUntil", until);
            }}
          />
        </>
      )}
      {needsTestConsent(terms, before) && (
        <TextInput
          label={t.rich("testConsent", { domain: <code>{terms.domain.trim()}</code> })}
          value={terms.testModeConsent}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set("testModeConsent", event.currentTarget.value)}
        />
      )}
    </fieldset>
  );
}
