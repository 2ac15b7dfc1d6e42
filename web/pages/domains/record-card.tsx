import type { RecordCard, SeenRecords } from "#contract/self-tests.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { FindingNotice, useFinding } from "../../components/finding.tsx";
import { Notice } from "../../components/notice.tsx";
import { Status, type Tone } from "../../components/status.tsx";
import { selfTestText } from "../../text/self-test.ts";
import { useText } from "../../text/use-text.tsx";
import { digAt } from "./dig.ts";
import classes from "./self-test.module.css";

const TONE: Readonly<Record<RecordCard["status"], Tone>> = {
  ok: "ok",
  missing: "failed",
  wrong: "warning",
  unknown: "idle",
};

/** One thing that DNS must say: what to publish, and what is published. */
export function RecordCardView({ card }: { readonly card: RecordCard }) {
  const t = useText(selfTestText);
  const isMissed = card.isAdvised && card.status === "missing";
  const why =
    card.kind === "srv" ? (`why${card.rule}` as const) : card.isAdvised ? "why5Name" : "why5";
  return (
    <article
      className={classes.card}
      data-status={isMissed ? "advised" : card.status}
      aria-label={card.name}
    >
      <header className={classes.cardHead}>
        <div>
          <h3 className="wg-mono">{card.name}</h3>
          <p className="wg-dimmed">
            {t(card.kind === "srv" ? "srvRecord" : "addressRecord")}: {t(why)}
          </p>
        </div>
        <Status tone={isMissed ? "warning" : TONE[card.status]} isPill>
          {t(`status_${card.status}`)}
        </Status>
      </header>
      {card.status === "ok" && <p>{t("publishedNow", { records: publishedOf(card) })}</p>}
      {isMissed ? <p>{t("missingName")}</p> : <CardMessage card={card} />}
      {card.isSplit && <Notice tone="warning">{t("split")}</Notice>}
      {card.status === "ok" ? (
        <details className={classes.more}>
          <summary>{t("details")}</summary>
          <CardDetails card={card} />
        </details>
      ) : (
        <CardDetails card={card} />
      )}
    </article>
  );
}

/** The two everyday faults in a line, since the card itself says what to do; any other in full. */
function CardMessage({ card }: { readonly card: RecordCard }) {
  const word = useFinding();
  if (card.message === null) return null;
  const isEveryday = /^record\.(missing|differs)$/.test(card.message.code);
  return isEveryday ? (
    <p>{word(card.message).meaning}</p>
  ) : (
    <FindingNotice finding={card.message} />
  );
}

function publishedOf(card: RecordCard): string {
  const outside = card.seen.filter((one) => one.isOutside).flatMap((one) => one.records);
  return [...new Set(outside.map((record) => record.data))].join(" · ");
}

/** What to publish, in three forms, and what is published; folded away once it is right. */
function CardDetails({ card }: { readonly card: RecordCard }) {
  const t = useText(selfTestText);
  const asked = card.seen.find(({ isOutside }) => isOutside)?.resolver;
  return (
    <div className={classes.parts}>
      {card.zoneLines.length > 0 ? (
        <CodeBlock
          code={card.zoneLines.join("\n")}
          label={t("zoneLine", { name: card.name })}
          isWrapped
        />
      ) : (
        <p className="wg-dimmed">{t("noZoneLine")}</p>
      )}
      <div className={classes.more}>
        {card.fields.length > 0 && (
          <details>
            <summary>{t("fields")}</summary>
            {card.fields.map((fields, index) => (
              <ProviderFields key={index} fields={fields} />
            ))}
          </details>
        )}
        <details>
          <summary>{t("seen")}</summary>
          <SeenTable seen={card.seen} />
        </details>
        <details>
          <summary>{t("ask")}</summary>
          <CodeBlock
            code={card.dig.map((line) => digAt(line, asked)).join("\n")}
            label={t("digLabel", { name: card.name })}
            isWrapped
          />
        </details>
      </div>
    </div>
  );
}

const FIELDS = [
  "type",
  "service",
  "protocol",
  "name",
  "priority",
  "weight",
  "port",
  "target",
  "address",
  "ttl",
] as const;

function ProviderFields({ fields }: { readonly fields: RecordCard["fields"][number] }) {
  const t = useText(selfTestText);
  const values: Readonly<Partial<Record<(typeof FIELDS)[number], string | number>>> = fields;
  return (
    <dl className={classes.fields}>
      {FIELDS.map((field) => {
        const value = values[field];
        if (value === undefined) return null;
        const name = t(`field_${field}`);
        return (
          <div key={field} className={classes.field}>
            <dt>{name}</dt>
            <dd>
              <span className="wg-mono">{value}</span>
              <CopyButton value={String(value)} what={name} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function SeenTable({ seen }: { readonly seen: readonly SeenRecords[] }) {
  const t = useText(selfTestText);
  return (
    <table className={classes.seen}>
      <thead>
        <tr>
          <th scope="col">{t("resolver")}</th>
          <th scope="col">{t("field_type")}</th>
          <th scope="col">{t("answer")}</th>
        </tr>
      </thead>
      <tbody>
        {seen.map((one) => (
          <tr key={`${one.resolver} ${one.type}`}>
            <td>
              <span className="wg-mono">{one.resolver}</span>{" "}
              <span className="wg-dimmed">({t(one.isOutside ? "outside" : "inside")})</span>
            </td>
            <td>{one.type}</td>
            <td className="wg-mono">
              {t(`outcome_${one.outcome}`, {
                records: one.records.map((record) => record.data).join(", "),
              })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
