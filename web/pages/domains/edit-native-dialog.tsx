import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Button, Group, Radio, Stack } from "@mantine/core";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import { linkOfDomain } from "./advertised-place.ts";
import { draftOf, readOwnPorts } from "./own-ports-draft.ts";
import { OwnPortsFields } from "./own-ports-fields.tsx";
import { PlaceFields, type PlaceDraft, readPlace } from "./place-fields.tsx";

const shownFields = ["host", "address", "port", "directTlsPort"].flatMap((field) => [
  field,
  `ownPorts.${field}`,
]);

/** What others dial for a name of our own, where it is answered, and what it is for. */
export function EditNativeDialog(props: {
  readonly link: Link;
  readonly domain: LocalDomain;
  readonly onClose: () => void;
}) {
  const t = useText(nativeText);
  const { link, domain } = props;
  const notify = useNotify();
  const [own, setOwn] = useState(() => draftOf(link.ownPorts));
  const ownReading = readOwnPorts(own);
  const [host, setHost] = useState(link.host ?? "");
  // What others dial is where it listens, until it is said that it is not (NAT).
  const [outerPort, setOuterPort] = useState<string | null>(() =>
    link.port === null || link.port === link.ownPorts?.port ? null : String(link.port),
  );
  const isFollowing = outerPort === null || (link.ownPorts === null && outerPort === "5269");
  const listening = own.isOn && own.port !== "" ? own.port : "5269";
  const place: PlaceDraft = { host, port: isFollowing ? listening : outerPort };
  const [role, setRole] = useState(link.role);
  const hostIfEmpty = linkOfDomain(domain) !== null ? null : link.name;
  const reading = readPlace(place, hostIfEmpty);
  const change = useCall("PATCH /api/v1/links/:id", {
    changes: ["domains"],
    onSuccess() {
      notify(t("saved"));
      props.onClose();
    },
  });
  return (
    <Dialog isOpen title={t("editTitle", { name: link.name })} onClose={props.onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const { value: ownPorts } = ownReading;
          if (reading === null || ownPorts === undefined) return;
          const body = { ...reading, ownPorts, ...(role === "hosted" ? {} : { role }) };
          change.mutate({ params: { id: link.id }, body });
        }}
      >
        <Stack gap="md">
          <PlaceFields
            domain={domain.domain}
            own={hostIfEmpty}
            place={place}
            error={change.error}
            onChange={({ host: newHost, port }) => {
              if (newHost !== undefined) setHost(newHost);
              if (port !== undefined) setOuterPort(port);
            }}
          />
          <OwnPortsFields
            name={link.name}
            draft={own}
            reading={ownReading}
            error={change.error}
            onChange={(part) => setOwn((now) => ({ ...now, ...part }))}
          />
          {role !== "hosted" && (
            <Radio.Group
              label={t("role")}
              value={role}
              onChange={(value) => setRole(value === "plain" ? "plain" : "wave")}
            >
              <Group gap="lg" mt={6}>
                <Radio value="wave" label={t("roleWave")} />
                <Radio value="plain" label={t("rolePlain")} />
              </Group>
            </Radio.Group>
          )}
          <ProblemNotice error={change.error} shownFields={shownFields} />
          <Group justify="flex-end">
            <Button
              type="submit"
              loading={change.isPending}
              disabled={reading === null || ownReading.value === undefined}
            >
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
