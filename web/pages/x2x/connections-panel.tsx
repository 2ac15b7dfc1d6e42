import type { X2xLink } from "#contract/x2x.ts";
import { useBytes } from "../../components/bytes.ts";
import { Facts } from "../../components/facts.tsx";
import { Panel } from "../../components/panel.tsx";
import { Status } from "../../components/status.tsx";
import { Time, useTimeFormat } from "../../components/time.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { nameOfTls } from "../streams/marks.tsx";
import classes from "./x2x.module.css";

type Connection = NonNullable<X2xLink["live"]>["connections"][number];

/** The at most two connections of a link: what we opened, and what they did. */
export function ConnectionsPanel({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const connections = link.live?.connections ?? [];
  return (
    <Panel title={t("connections")}>
      {connections.length === 0 ? (
        <p className="wg-dimmed">{t("connectionsNone")}</p>
      ) : (
        connections.map((one) => (
          <section key={one.id} className={classes.connection}>
            <h3>{t(`opened.${one.opened}`)}</h3>
            <div className={classes.sides}>
              <Wire connection={one} />
              <Traffic connection={one} />
            </div>
          </section>
        ))
      )}
    </Panel>
  );
}

function Wire({ connection }: { readonly connection: Connection }) {
  const t = useText(x2xText);
  const { address, port, localPort, tls, fingerprint, state } = connection;
  return (
    <Facts
      items={[
        [
          t("connectionState"),
          <Status key="state" tone={state === "open" ? "ok" : "idle"}>
            {t(`connectionState.${state}`)}
          </Status>,
        ],
        [t("connectionSince"), <Time key="since" at={connection.since} />],
        [
          t("address"),
          <code key="address">
            {address.includes(":") ? `[${address}]` : address}:{port}
          </code>,
        ],
        [t("localPort"), <code key="port">{localPort}</code>],
        [
          t("tls"),
          tls === null ? (
            <Status key="tls" tone="failed">
              {t("tlsNone")}
            </Status>
          ) : (
            <div key="tls">
              <Status tone="ok">
                {t("tlsSome", { version: nameOfTls(tls.version), cipher: tls.cipher })}
              </Status>
              <div className="wg-dimmed">{t(`resumed.${tls.isResumed ? "yes" : "no"}`)}</div>
            </div>
          ),
        ],
        [
          t("fingerprintOfCertificate"),
          fingerprint && (
            <span key="fingerprint" className="wg-mono">
              {fingerprint}
            </span>
          ),
        ],
      ]}
    />
  );
}

function Traffic({ connection }: { readonly connection: Connection }) {
  const t = useText(x2xText);
  const size = useBytes();
  const time = useTimeFormat();
  const { stanzasIn, stanzasOut, bytesIn, bytesOut, inflated } = connection;
  const { waitingBytes, provenAt, roundTripMs } = connection;
  return (
    <Facts
      items={[
        [t("stanzas"), t("inOut", { in: stanzasIn, out: stanzasOut })],
        [t("bytes"), t("inOut", { in: size(bytesIn), out: size(bytesOut) })],
        [
          t("inflated"),
          inflated && t("inOut", { in: size(inflated.bytesIn), out: size(inflated.bytesOut) }),
        ],
        [t("waiting"), waitingBytes === 0 ? t("queueNothing") : size(waitingBytes)],
        // Until something comes, the time is that of the opening.
        [
          t("lastIn"),
          bytesIn === 0 ? t("lastInNone") : <Time key="last" at={connection.lastInAt} />,
        ],
        [t("proof"), provenAt === null ? t("proofNone") : <Time key="proof" at={provenAt} />],
        [t("roundTrip"), roundTripMs === null ? null : time.duration(roundTripMs)],
      ]}
    />
  );
}
