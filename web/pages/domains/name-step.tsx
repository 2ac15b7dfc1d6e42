import { Button, Stack, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCall } from "../../api/query.ts";
import { NameProblem } from "../../components/name-problem.tsx";
import { Panel } from "../../components/panel.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";

/** The domain's name; what cannot be one comes back with a cleaned value to take. */
export function NameStep({ onDone }: { readonly onDone: (id: string) => void }) {
  const t = useText(domainsText);
  const [domain, setDomain] = useState("");
  const [label, setLabel] = useState("");
  const create = useCall("POST /api/v1/domains", { onSuccess: (created) => onDone(created.id) });
  return (
    <Panel title={t("nameTitle")}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ body: { domain: domain.trim(), label: label.trim() } });
        }}
      >
        <Stack gap="md" maw={480}>
          <TextInput
            label={t("domain")}
            description={t("nameHint")}
            placeholder="example.com"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            value={domain}
            error={create.error?.fields["domain"]}
            onChange={(event) => setDomain(event.currentTarget.value)}
          />
          <NameProblem
            error={create.error}
            onTake={(suggestion) => {
              setDomain(suggestion);
              create.reset();
            }}
            action={
              create.error?.code === "resource.conflict" && (
                <Button
                  size="compact-sm"
                  variant="default"
                  renderRoot={(props) => <Link to="/domains" {...props} />}
                >
                  {t("openExisting")}
                </Button>
              )
            }
          />
          <TextInput
            label={t("label")}
            description={t("labelHint")}
            maxLength={80}
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <div>
            <Button type="submit" loading={create.isPending} disabled={domain.trim() === ""}>
              {t("continue")}
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}
