import type { ReactNode } from "react";
import type { X2xAgreement } from "#contract/x2x.ts";
import { Facts } from "../../components/facts.tsx";
import type { OwnTerms, X2xSide } from "./draft.ts";
import { useTerms } from "./fields.ts";
import classes from "./x2x.module.css";

interface AgreementViewProps {
  /** Its first side is ours. */
  readonly agreement: X2xAgreement;
  readonly own?: OwnTerms;
}

/** An agreement in full: each side, what is for both, and what is ours alone. */
export function AgreementView({ agreement, own }: AgreementViewProps) {
  const t = useTerms();
  const [ours, theirs] = agreement.sides;
  const isPlain = agreement.security === "plain";
  const seconds = (value: number | null, none: string) =>
    value === null ? none : t("seconds", { count: value });
  return (
    <div className={classes.sides}>
      <Part title={t("ourSide")}>
        <SideFacts side={ours} isPlain={isPlain} />
      </Part>
      <Part title={t("theirSide")}>
        <SideFacts side={theirs} isPlain={isPlain} />
      </Part>
      <Part title={t("bothSides")}>
        <Facts
          items={[
            [t("security"), t(`security.${agreement.security}`)],
            [t("compression"), t(`compression.${agreement.compression}`)],
            [t("connections"), t(`connections.${agreement.connections}`)],
            [t("onInvalid"), t(`onInvalid.${agreement.onInvalid}`)],
            [t("maxStanza"), t("bytesIs", { count: agreement.maxStanzaBytes })],
            [t("keepalive"), seconds(agreement.keepaliveSeconds, t("never"))],
            [t("idle"), seconds(agreement.idleSeconds, t("kept"))],
            [t("language"), agreement.language ?? t("none")],
            [t("version"), t(`version.${agreement.version}`)],
          ]}
        />
      </Part>
      {own !== undefined && (
        <Part title={t("ownSide")}>
          <Facts
            items={[
              [t("priority"), own.priority],
              [t("fallsBackShort"), t(own.fallsBack ? "yes" : "no")],
              [t("bindAddress"), ours.opens && (own.bindAddress ?? t("asRouted"))],
              [t("listenAddress"), ours.listens && (own.listenAddress ?? t("all"))],
            ]}
          />
        </Part>
      )}
    </div>
  );
}

function Part(props: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className={classes.side}>
      <h3>{props.title}</h3>
      {props.children}
    </div>
  );
}

function SideFacts({ side, isPlain }: { readonly side: X2xSide; readonly isPlain: boolean }) {
  const t = useTerms();
  const { domains, listens, opens, certificate } = side;
  return (
    <Facts
      items={[
        [t("domains"), <Values key="domains" values={domains} />],
        [
          t("listens"),
          listens === null
            ? t("listensNot")
            : t("at", { host: listens.host, port: String(listens.port) }),
        ],
        [t("opens"), opens === null ? t("opensNot") : t("yes")],
        [t("isKnown"), opens && t(`knownBy.${opens.knownBy}`)],
        [t("opensFrom"), opens && comesFrom(opens)],
        [t("hostName"), opens?.hostName],
        [
          t("certificate"),
          certificate === null || isPlain ? (
            t("certificateNotUsed")
          ) : certificate.by === "names" ? (
            t("certificateBy.names")
          ) : (
            <Values key="pins" values={certificate.pins.map((pin) => t("pinIs", { pin }))} />
          ),
        ],
      ]}
    />
  );

  function comesFrom({ addresses, port }: NonNullable<X2xSide["opens"]>): string {
    const from = addresses.length === 0 ? t("opensAnywhere") : addresses.join(", ");
    return port === null ? from : t("opensFromPort", { addresses: from, port: String(port) });
  }
}

function Values({ values }: { readonly values: readonly string[] }) {
  return (
    <ul className={classes.values}>
      {values.map((value) => (
        <li key={value}>{value}</li>
      ))}
    </ul>
  );
}
