import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { PeerDecision } from "#contract/peers.ts";
import { query } from "../../api/query.ts";
import { Facts } from "../../components/facts.tsx";
import { NameProblem } from "../../components/name-problem.tsx";
import { Notice } from "../../components/notice.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";
import { Demand } from "./demand.tsx";
import classes from "./peers.module.css";

interface DecisionProps {
  /** The domain asked about, from the address. */
  readonly domain: string | undefined;
  readonly onAsk: (domain: string | undefined) => void;
}

/** "What would happen to D?": which rule decides, what happens each way, and what would carry it. */
export function Decision({ domain, onAsk }: DecisionProps) {
  const t = useText(peersText);
  const [typed, setTyped] = useState(domain ?? "");
  const { data, error } = useQuery({
    ...query("GET /api/v1/peers/decision", { query: { domain: domain ?? "" } }),
    enabled: domain !== undefined,
    retry: false,
  });
  return (
    <details className={classes.decide} open={domain !== undefined}>
      <summary>{t("decideTitle")}</summary>
      <div className={classes.decideBody}>
        <form
          className={classes.line}
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            onAsk(typed.trim() === "" ? undefined : typed.trim());
          }}
        >
          <TextInput
            label={t("decideLabel")}
            value={typed}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={3071}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Button type="submit" variant="default">
            {t("decide")}
          </Button>
        </form>
        <NameProblem
          error={domain === undefined ? null : error}
          onTake={(name) => {
            setTyped(name);
            onAsk(name);
          }}
        />
        <div role="status">
          {data !== undefined && domain !== undefined && <Answer decision={data} />}
        </div>
      </div>
    </details>
  );
}

function Answer({ decision }: { readonly decision: PeerDecision }) {
  const t = useText(peersText);
  const trustWords = useText(peerTrustText);
  const { domain, rule, peer, carrier } = decision;
  return (
    <Notice
      tone={decision.isAllowed ? "ok" : "failed"}
      title={t(decision.isAllowed ? "decideAllowed" : "decideRefused", { domain })}
      action={
        peer === null ? (
          rule !== "self" && (
            <Link to="/peers/new" search={{ domain }}>
              {t("trustIt")}
            </Link>
          )
        ) : (
          <Link to="/peers/$id" params={{ id: peer.id }}>
            {t("openPeer")}
          </Link>
        )
      }
    >
      <p>{t(`rule.${rule}`, { peer: peer?.domain ?? domain })}</p>
      <div style={{ marginTop: "0.5rem" }}>
        <Facts
          items={[
            [t("decideOutbound"), t(`outbound.${decision.outbound}`)],
            [t("decideInboundIq"), t(`inboundIq.${decision.inboundIq}`)],
            [t("decideInboundOther"), t(`inboundOther.${decision.inboundOther}`)],
            [
              t("decideCarrier"),
              "from" in carrier
                ? t("carrierFrom", { from: carrier.from })
                : carrierWords(t, carrier.code),
            ],
          ]}
        />
      </div>
      {decision.proof !== null && (
        <div style={{ marginTop: "0.75rem" }}>
          <p>
            <b>{trustWords("demandTitle")}</b>{" "}
            <span className="wg-dimmed">{trustWords("demandNote")}</span>
          </p>
          <Demand demand={decision.proof} />
        </div>
      )}
    </Notice>
  );
}

function carrierWords(t: ReturnType<typeof useText<typeof peersText>>, code: string): string {
  const known = ["link.none", "link.down", "policy.blocked", "policy.not_trusted"] as const;
  const found = known.find((one) => one === code);
  return found === undefined ? t("carrierOther", { code }) : t(`carrier.${found}`);
}
