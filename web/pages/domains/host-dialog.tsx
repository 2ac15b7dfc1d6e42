import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { LinkCreated } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import { linkOfDomain } from "./advertised-place.ts";
import { HostedConfiguration } from "./hosted-configuration-view.tsx";
import { PlaceFields, type PlaceDraft, readPlace } from "./place-fields.tsx";

/** A name for a component that connects to us; then its configuration, with the secret shown this once. */
export function HostDialog(props: { readonly domain: LocalDomain; readonly onClose: () => void }) {
  const t = useText(nativeText);
  const [made, setMade] = useState<LinkCreated | null>(null);
  return (
    <Dialog
      isOpen
      title={t(made === null ? "hostTitle" : "doneTitle")}
      onClose={props.onClose}
      size="lg"
    >
      {made === null ? (
        <HostForm domain={props.domain} onDone={setMade} />
      ) : (
        <HostedConfiguration link={made} secret={made.secret ?? ""} onDone={props.onClose} />
      )}
    </Dialog>
  );
}

function HostForm(props: {
  readonly domain: LocalDomain;
  readonly onDone: (made: LinkCreated) => void;
}) {
  const t = useText(nativeText);
  const { domain } = props;
  const [name, setName] = useState(`.${domain.domain}`);
  const [place, setPlace] = useState<PlaceDraft>(() => usualPlace(domain));
  const own = linkOfDomain(domain) !== null ? null : name.trim();
  const reading = readPlace(place, own);
  const create = useCall("POST /api/v1/links", { changes: ["domains"], onSuccess: props.onDone });
  const isNamed = name.trim() !== "" && !name.trim().startsWith(".");
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (reading === null || !isNamed) return;
        const body = { kind: "hosted" as const, domainId: domain.id, name: name.trim() };
        create.mutate({ body: { ...body, ...reading } });
      }}
    >
      <Stack gap="md">
        <p>{t("hostIntro")}</p>
        <TextInput
          label={t("componentName")}
          description={t("componentNameHint", { domain: domain.domain })}
          spellCheck={false}
          autoCapitalize="none"
          data-autofocus
          value={name}
          error={create.error?.fields["name"]}
          onChange={(event) => setName(event.currentTarget.value)}
          // The name goes before what is there.
          onFocus={(event) => event.currentTarget.setSelectionRange(0, 0)}
        />
        <PlaceFields
          domain={domain.domain}
          own={own}
          place={place}
          error={create.error}
          onChange={(part) => setPlace((now) => ({ ...now, ...part }))}
        />
        <ProblemNotice error={create.error} shownFields={["name", "host"]} />
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending} disabled={reading === null || !isNamed}>
            {t("makeHosted")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Where another name of the domain leads that the appliance federates: this one leads there, too. */
function usualPlace(domain: LocalDomain): PlaceDraft {
  const native = domain.links.find(({ kind, host }) => kind !== "component" && host !== null);
  return { host: native?.host ?? "", port: String(native?.port ?? 5269) };
}
