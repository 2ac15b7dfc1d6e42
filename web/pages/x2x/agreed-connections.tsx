import { Link } from "@tanstack/react-router";
import type { X2xLink } from "#contract/x2x.ts";
import { Panel } from "../../components/panel.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { nameOfTls } from "../streams/marks.tsx";
import { LinkState } from "./link-marks.tsx";
import { useX2xLinks } from "./use-x2x-links.ts";
import classes from "./x2x.module.css";

/** Beside the live streams: the connections of X2X links, of all or of those that carry one pair of domains. */
export function AgreedConnections(props: { readonly local?: string; readonly remote?: string }) {
  const t = useText(x2xText);
  const { local, remote } = props;
  const links = useX2xLinks().filter(({ isEnabled, agreement: { sides } }) => {
    const [ours, theirs] = sides;
    const isOurs = local === undefined || ours.domains.includes(local);
    return isEnabled && isOurs && (remote === undefined || theirs.domains.includes(remote));
  });
  if (links.length === 0) return null;
  return (
    <Panel title={t("agreedConnections")}>
      <ul className={classes.agreed}>
        {links.map((link) => (
          <li key={link.id}>
            <div className={classes.via}>
              <Link to="/connections/x2x/$id" params={{ id: link.id }}>
                {link.name}
              </Link>
              <LinkState link={link} />
            </div>
            <Connections link={link} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Connections({ link }: { readonly link: X2xLink }) {
  const t = useText(x2xText);
  const connections = link.live?.connections ?? [];
  if (connections.length === 0) return <p className="wg-dimmed">{t("connectionsNone")}</p>;
  return connections.map((one) => (
    <div key={one.id} className={classes.via}>
      <span>{t(`opened.${one.opened}`)}</span>
      <Status tone={one.tls === null ? "failed" : "ok"}>
        {one.tls === null ? t("tlsNone") : t("agreedTls", { version: nameOfTls(one.tls.version) })}
      </Status>
      <span className="wg-dimmed">
        {t("inOut", { in: one.stanzasIn, out: one.stanzasOut })}, <Time at={one.since} />
      </span>
    </div>
  ));
}
