import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { LocalDomain } from "#contract/domains.ts";
import { useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ScriptMix } from "../../components/script-mix.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { AttachForm } from "./attach-form.tsx";

/** The component's settings and the server's exact configuration, then the attachment itself. */
export function AttachStep(props: {
  readonly domain: LocalDomain;
  readonly onDone: (linkId: string) => void;
}) {
  const t = useText(domainsText);
  const { domain } = props;
  const create = useCall("POST /api/v1/links", {
    changes: ["domains"],
    onSuccess: (link) => props.onDone(link.id),
  });
  return (
    <Panel title={t("attachTitle", { domain: domain.unicode })} description={t("attachIntro")}>
      {domain.unicode !== domain.domain && (
        <p style={{ marginBottom: "0.875rem" }}>
          {t.rich("looksLike", {
            ascii: (
              <span key="ascii" className="wg-mono">
                {domain.domain}
              </span>
            ),
          })}
        </p>
      )}
      {domain.scripts.length > 1 && (
        <div style={{ marginBottom: "0.875rem" }}>
          <ScriptMix scripts={domain.scripts} />
        </div>
      )}
      <AttachForm
        domain={domain.domain}
        initial={{
          name: `wave.${domain.domain}`,
          host: "127.0.0.1",
          port: null,
          security: "plain",
        }}
        isBusy={create.isPending}
        error={create.error}
        submitLabel={t("attachSubmit")}
        onSubmit={({ secret, ...settings }) => {
          if (secret !== null)
            create.mutate({ body: { domainId: domain.id, secret, ...settings } });
        }}
        aside={
          <Button
            variant="default"
            renderRoot={(button) => (
              <Link to="/domains/$id" params={{ id: domain.id }} {...button} />
            )}
          >
            {t("later")}
          </Button>
        }
      />
    </Panel>
  );
}
