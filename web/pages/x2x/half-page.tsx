import { Button } from "@mantine/core";
import { IconDownload, IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { X2xOffer } from "#contract/x2x.ts";
import { addressOf } from "../../api/client.ts";
import { query } from "../../api/query.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xLetterText } from "../../text/x2x-terms.ts";
import { x2xText } from "../../text/x2x.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { letterOf } from "./letter.ts";
import classes from "./x2x.module.css";

const route = getRouteApi("/signed-in/connections/x2x/$id/half");

/** A link's half for the other side, as file and as letter, and the fingerprint to compare. */
export function HalfPage() {
  const t = useText(x2xText);
  const { id } = route.useParams();
  const { why } = route.useSearch();
  const { data, error } = useQuery(query("GET /api/v1/x2x-links/:id/offer", { params: { id } }));
  if (data === undefined && error === null) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={t(why === "made" ? "madeTitle" : "halfTitle")}
        crumbs={[
          { label: t("crumb"), to: "/connections" },
          { label: t("title"), to: "/connections/x2x" },
        ]}
        {...(data === undefined ? {} : { description: data.name })}
        actions={
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/connections/x2x/$id" params={{ id }} {...props} />}
          >
            {t("toLink")}
          </Button>
        }
      />
      <ProblemNotice error={error} />
      {data !== undefined && (
        <div className={classes.stack}>
          {why === "changed" && (
            <Notice tone="warning" title={t("changedTitle")}>
              <p>{t("changedBody")}</p>
            </Notice>
          )}
          <Panel title={t("compareTitle")} description={t("compareBody")}>
            <Fingerprint digits={data.fingerprint} />
          </Panel>
          <Half id={id} offer={data} />
        </div>
      )}
    </>
  );
}

function Half({ id, offer }: { readonly id: string; readonly offer: X2xOffer }) {
  const t = useText(x2xText);
  const letter = letterOf(offer, useText(x2xLetterText));
  const file = `x2x-${offer.name.replaceAll(/[^a-z0-9]+/gi, "-")}.json`;
  return (
    <>
      <p className="wg-dimmed">{t("halfAbout")}</p>
      <Panel title={t("halfFile")} description={t("halfFileAbout")}>
        <CodeBlock label={t("halfJson")} code={JSON.stringify(offer, null, 2)} />
        <div className={classes.foot}>
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            component="a"
            href={addressOf("GET /api/v1/x2x-links/:id/offer", { params: { id } })}
            download={file}
          >
            {t("download")}
          </Button>
        </div>
      </Panel>
      <Panel title={t("halfLetter")} description={t("halfLetterAbout")}>
        {/* Whoever reads it before sending it should see all of it. */}
        <div className={classes.whole}>
          <CodeBlock label={t("halfLetterText")} code={letter.text} isWrapped />
        </div>
        <div className={classes.foot}>
          <Button
            variant="default"
            leftSection={<IconMail size={16} />}
            component="a"
            href={`mailto:?subject=${encodeURIComponent(letter.subject)}&body=${encodeURIComponent(letter.text)}`}
          >
            {t("mail")}
          </Button>
        </div>
      </Panel>
    </>
  );
}
