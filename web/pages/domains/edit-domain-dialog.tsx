import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { type ChangeEvent, useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { NameProblem } from "../../components/name-problem.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import { type DomainDraft, draftOf, isPort, termsOf, withSuggestion } from "./domain-draft.ts";

/** Label, ping target, and what is outside and inside. */
export function EditDomainDialog(props: {
  readonly domain: LocalDomain;
  readonly onClose: () => void;
}) {
  const { domain, onClose } = props;
  const t = useText(domainsText);
  const notify = useNotify();
  const [draft, setDraft] = useState(() => draftOf(domain));
  const { terms, badAddress } = termsOf(draft);
  const save = useCall("PATCH /api/v1/domains/:id", {
    onSuccess() {
      notify(t("saved"));
      onClose();
    },
  });
  return (
    <Dialog isOpen title={t("editTitle", { domain: domain.unicode })} onClose={onClose} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (terms !== null) save.mutate({ params: { id: domain.id }, body: terms });
        }}
      >
        <Stack gap="md">
          <Fields
            domain={domain.domain}
            draft={draft}
            badAddress={badAddress}
            onChange={(part) => setDraft((now) => ({ ...now, ...part }))}
          />
          <NameProblem
            error={save.error}
            onTake={(suggestion) => {
              const wrong = String(save.error?.params["input"] ?? "");
              setDraft((now) => withSuggestion(now, wrong, suggestion));
              save.reset();
            }}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={terms === null}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Fields(props: {
  readonly domain: string;
  readonly draft: DomainDraft;
  readonly badAddress: string | null;
  readonly onChange: (part: Partial<DomainDraft>) => void;
}) {
  const t = useText(domainsText);
  const { draft, badAddress, onChange } = props;
  const field = (key: keyof DomainDraft) => ({
    value: draft[key],
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onChange({ [key]: event.currentTarget.value }),
  });
  const port = (key: "advertisedPort" | "insidePort") => (
    <TextInput
      label={t("portAlone")}
      aria-label={t(key)}
      inputMode="numeric"
      error={!isPort(draft[key]) && t("portBad")}
      {...field(key)}
    />
  );
  return (
    <>
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
          description={t("advertisedHostHint", { domain: props.domain })}
          spellCheck={false}
          {...field("advertisedHost")}
        />
        {port("advertisedPort")}
      </div>
      <Textarea
        label={t("advertisedAddresses")}
        description={t("advertisedAddressesHint")}
        rows={2}
        spellCheck={false}
        classNames={{ input: "wg-mono" }}
        error={badAddress !== null && t("addressBad", { value: badAddress })}
        {...field("advertisedAddresses")}
      />
      <div className={classes.row}>
        <TextInput label={t("insideHost")} spellCheck={false} {...field("insideHost")} />
        {port("insidePort")}
      </div>
    </>
  );
}
