import { useIntl } from "react-intl";
import {
  CartesianGrid,
  Legend,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { CheckSpan } from "#contract/peers.ts";
import { useTimeFormat } from "../../components/time.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";

interface HistoryChartProps {
  readonly spans: readonly CheckSpan[];
  readonly span: "hour" | "day";
}

/** How long finding and pinging took; loaded only where it is shown, for its size. */
export function HistoryChart({ spans, span }: HistoryChartProps) {
  const t = useText(peersText);
  const time = useTimeFormat();
  const intl = useIntl();
  const data = spans.map(({ startsAt, discoverMs, pingMs }) => ({
    at: Date.parse(startsAt),
    discover: discoverMs === null ? null : Math.round(discoverMs.average),
    ping: pingMs === null ? null : Math.round(pingMs.average),
  }));
  const label = (at: number) =>
    span === "hour"
      ? time.moment(new Date(at))
      : intl.formatDate(at, { month: "short", day: "numeric", timeZone: "UTC" });
  const axis = {
    stroke: "var(--wg-line-strong)",
    tick: { fill: "var(--wg-dimmed)", fontSize: 12 },
  };
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={data} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer>
        <CartesianGrid stroke="var(--wg-line)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          scale="time"
          domain={["dataMin", "dataMax"]}
          tickFormatter={label}
          minTickGap={48}
          {...axis}
        />
        <YAxis width={52} tickFormatter={(value: number) => time.duration(value)} {...axis} />
        <Tooltip
          labelFormatter={(at) => label(Number(at))}
          formatter={(value, name) => [time.duration(Number(value)), name]}
          contentStyle={{
            border: "1px solid var(--wg-line)",
            borderRadius: "0.375rem",
            background: "var(--wg-surface)",
            color: "var(--wg-text)",
          }}
        />
        <Legend
          align="right"
          verticalAlign="top"
          iconType="plainline"
          iconSize={24}
          formatter={(value) => <span style={{ color: "var(--wg-text)" }}>{value}</span>}
        />
        <Line
          name={t("chartDiscover")}
          dataKey="discover"
          stroke="var(--wg-accent)"
          strokeWidth={2}
          dot={data.length < 3}
          isAnimationActive={false}
        />
        <Line
          name={t("chartPing")}
          dataKey="ping"
          stroke="var(--wg-warning-line)"
          strokeWidth={2}
          strokeDasharray="6 3"
          dot={data.length < 3}
          isAnimationActive={false}
        />
      </LineChart>
    </ResponsiveContainer>
  );
}
