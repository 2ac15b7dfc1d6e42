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
import { isFederatedHere } from "./advertised-place.ts";
import { PlaceFields, type PlaceDraft, readPlace } from "./place-fields.tsx";

/** What others dial for a name of our own, and what the name is for. */
export function EditNativeDialog(props: {
  readonly link: Link;
  readonly domain: LocalDomain;
  readonly onClose: () => void;
}) {
  const t = useText(nativeText);
  const { link, domain } = props;
  const notify = useNotify();
  const [place, setPlace] = useState<PlaceDraft>({
    host: link.host ?? "",
    port: String(link.port ?? 5269),
  });
  const [role, setRole] = useState(link.role);
  const own = isFederatedHere(domain) ? null : link.name;
  const reading = readPlace(place, own);
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
          if (reading === null) return;
          const body = { ...reading, ...(role === "hosted" ? {} : { role }) };
          change.mutate({ params: { id: link.id }, body });
        }}
      >
        <Stack gap="md">
          <PlaceFields
            domain={domain.domain}
            own={own}
            place={place}
            error={change.error}
            onChange={(part) => setPlace((now) => ({ ...now, ...part }))}
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
          <ProblemNotice error={change.error} shownFields={["host"]} />
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending} disabled={reading === null}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
