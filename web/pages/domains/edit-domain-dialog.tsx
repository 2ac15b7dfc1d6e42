import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { NameProblem } from "../../components/name-problem.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";

/** Label, ping target, and what is outside and inside. */
export function EditDomainDialog({
  domain,
  onClose,
}: {
  readonly domain: LocalDomain;
  readonly onClose: () => void;
}) {
  const t = useText(domainsText);
  const notify = useNotify();
  const [draft, setDraft] = useState({
    label: domain.label,
    pingTarget: domain.pingTarget ?? "",
    advertisedHost: domain.advertisedHost ?? "",
    advertisedPort: String(domain.advertisedPort),
    advertisedAddresses: domain.advertisedAddresses.join("\n"),
    insideHost: domain.insideHost ?? "",
    insidePort: String(domain.insidePort),
  });
  const save = useCall("PATCH /api/v1/domains/:id", {
    onSuccess() {
      notify(t("saved"));
      onClose();
    },
  });
  const set = (key: keyof typeof draft) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setDraft((now) => ({ ...now, [key]: value }));
  };
  const addresses = draft.advertisedAddresses.split(/[\s,;]+/).filter((one) => one !== "");
  const badAddress = addresses.find((one) => !looksLikeAddress(one));
  const isReady =
    isPort(draft.advertisedPort) && isPort(draft.insidePort) && badAddress === undefined;
  const field = (key: keyof typeof draft) => ({ value: draft[key], onChange: set(key) });
  const none = (text: string) => (text.trim() === "" ? null : text.trim());
  return (
    <Dialog isOpen title={t("editTitle", { domain: domain.unicode })} onClose={onClose} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady) return;
          save.mutate({
            params: { id: domain.id },
            body: {
              label: draft.label.trim(),
              pingTarget: none(draft.pingTarget),
              advertisedHost: none(draft.advertisedHost),
              advertisedPort: Number(draft.advertisedPort),
              advertisedAddresses: addresses,
              insideHost: none(draft.insideHost),
              insidePort: Number(draft.insidePort),
            },
          });
        }}
      >
        <Stack gap="md">
          <TextInput label={t("label")} maxLength={80} data-autofocus {...field("label")} />
          <TextInput
            label={t("pingTarget")}
            description={t("pingTargetHint")}
            spellCheck={false}
            {...field("pingTarget")}
          />
          <div className={classes.row}>
            <TextInput
              label={t("advertisedHost")}
              description={t("advertisedHostHint", { domain: domain.domain })}
              spellCheck={false}
              {...field("advertisedHost")}
            />
            <TextInput
              label={t("port")}
              aria-label={t("advertisedPort")}
              inputMode="numeric"
              error={!isPort(draft.advertisedPort) && t("portBad")}
              {...field("advertisedPort")}
            />
          </div>
          <Textarea
            label={t("advertisedAddresses")}
            description={t("advertisedAddressesHint")}
            rows={2}
            spellCheck={false}
            classNames={{ input: "wg-mono" }}
            error={badAddress !== undefined && t("addressBad", { value: badAddress })}
            {...field("advertisedAddresses")}
          />
          <div className={classes.row}>
            <TextInput label={t("insideHost")} spellCheck={false} {...field("insideHost")} />
            <TextInput
              label={t("port")}
              aria-label={t("insidePort")}
              inputMode="numeric"
              error={!isPort(draft.insidePort) && t("portBad")}
              {...field("insidePort")}
            />
          </div>
          <NameProblem
            error={save.error}
            onTake={(suggestion) => {
              const wrong = String(save.error?.params["input"] ?? "");
              setDraft((now) => ({
                ...now,
                ...(now.pingTarget.trim() === wrong ? { pingTarget: suggestion } : {}),
                ...(now.advertisedHost.trim() === wrong ? { advertisedHost: suggestion } : {}),
              }));
              save.reset();
            }}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={!isReady}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535;
}

// The appliance decides; here only what is surely none is caught.
function looksLikeAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^[0-9a-f]*:[0-9a-f:.]+$/i.test(text);
}
