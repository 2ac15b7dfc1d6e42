import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { query, useCall } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import { isKeptElsewhere } from "./advertised-place.ts";
import { type NativeDraft, type NativeWay, readNative } from "./native-draft.ts";
import { NativeFields } from "./native-fields.tsx";
import { NativeRecords } from "./native-records.tsx";

/** Names that the appliance federates itself: what others dial, the records for it, and it begins. */
export function NativeStep(props: {
  readonly domain: LocalDomain;
  readonly way: NativeWay;
  readonly onDone: () => void;
}) {
  const t = useText(nativeText);
  const { domain, way } = props;
  const settings = useQuery(query("GET /api/v1/settings"));
  const [typed, setTyped] = useState<Partial<NativeDraft>>({});
  const s2sPort = settings.data?.s2sPort ?? null;
  const draft = { ...initialDraft(domain, way, s2sPort), ...typed };
  const reading = readNative(draft, domain.domain, way);
  const federate = useFederate(domain, way, s2sPort, props.onDone);
  const names = { domain: domain.unicode };
  return (
    <Panel
      title={t(way === "beside" ? "besideTitle" : "insteadTitle", names)}
      description={t(way === "beside" ? "besideIntro" : "insteadIntro", names)}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (reading.isReady) void federate.run(draft, reading);
        }}
      >
        <div className={classes.grid}>
          <NativeFields
            domain={domain.domain}
            draft={draft}
            reading={reading}
            way={way}
            error={federate.error}
            onChange={(part) => setTyped((now) => ({ ...now, ...part }))}
          />
          <NativeRecords domain={domain.domain} draft={draft} reading={reading} way={way} />
        </div>
        <div className={classes.problem}>
          <ProblemNotice error={federate.error} shownFields={["name", "host"]} />
        </div>
        <div className={classes.foot}>
          <Button type="submit" loading={federate.isPending} disabled={!reading.isReady}>
            {t("federate", { name: reading.names[0] ?? "" })}
          </Button>
          <Button
            variant="default"
            renderRoot={(button) => (
              <Link to="/domains/$id" params={{ id: domain.id }} {...button} />
            )}
          >
            {t("later")}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function initialDraft(domain: LocalDomain, way: NativeWay, s2sPort: number | null): NativeDraft {
  const name = way === "beside" ? `wave.${domain.domain}` : domain.domain;
  const isInstead = way === "instead";
  return {
    name,
    host: (isInstead ? domain.advertisedHost : null) ?? name,
    port: String(s2sPort ?? 5269),
    addresses: isInstead || isKeptElsewhere(domain) ? domain.advertisedAddresses.join("\n") : "",
  };
}

/** Instead of a server, what others dial belongs to the domain; beside one, to the one name. */
function useFederate(
  domain: LocalDomain,
  way: NativeWay,
  s2sPort: number | null,
  onDone: () => void,
) {
  const change = useCall("PATCH /api/v1/domains/:id");
  const create = useCall("POST /api/v1/links", { changes: ["domains"] });
  const { id: domainId } = domain;

  async function make(draft: NativeDraft, addresses: readonly string[]): Promise<void> {
    const place = { host: draft.host.trim(), port: Number(draft.port) };
    if (way === "beside") {
      // While another server keeps the domain, they can only be the appliance's, and the self-test compares them.
      const isOurs = domain.links.every(({ kind }) => kind !== "component");
      if (isOurs && draft.name.trim() !== domain.domain && addresses.length > 0)
        await change.mutateAsync({
          params: { id: domainId },
          body: { advertisedAddresses: [...addresses] },
        });
      const body = { kind: "s2s" as const, domainId, name: draft.name.trim(), ...place };
      return void (await create.mutateAsync({ body }));
    }
    await change.mutateAsync({
      params: { id: domainId },
      body: {
        advertisedHost: place.host,
        advertisedPort: place.port,
        advertisedAddresses: [...addresses],
        insideHost: null,
        ...(s2sPort === null ? {} : { insidePort: s2sPort }),
      },
    });
    const has = (name: string) => domain.links.some((link) => link.name === name);
    for (const [name, role] of [
      [`wave.${domain.domain}`, "wave"],
      [domain.domain, "plain"],
    ] as const)
      if (!has(name)) await create.mutateAsync({ body: { kind: "s2s", domainId, name, role } });
  }

  return {
    isPending: change.isPending || create.isPending,
    error: change.error ?? create.error,
    async run(draft: NativeDraft, { addresses }: { readonly addresses: readonly string[] }) {
      change.reset();
      create.reset();
      // What failed is shown by the mutation itself.
      await make(draft, addresses).then(onDone, () => {});
    },
  };
}
