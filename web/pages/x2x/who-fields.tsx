import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Notice } from "../../components/notice.tsx";
import { listOf } from "./draft.ts";
import { type FieldsProps, useTerms } from "./fields.ts";
import { useOwnNames } from "./own-names.ts";
import classes from "./x2x.module.css";

/** The link's name, and for whom each side speaks. */
export function WhoFields({ draft, set, faultAt }: FieldsProps) {
  const t = useTerms();
  const own = useOwnNames();
  const chosen = listOf(draft.ours.domains);
  const offered = own?.map(({ name }) => name) ?? [];
  const others = own === null ? [] : chosen.filter((name) => !offered.includes(name));
  const choose = (names: readonly string[]) =>
    set({ ours: { ...draft.ours, domains: names.join("\n") } });
  return (
    <div className={classes.fields}>
      <TextInput
        label={t("name")}
        description={t("nameHelp")}
        maxLength={100}
        autoComplete="off"
        value={draft.name}
        error={faultAt("name")}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      {own?.length === 0 ? (
        <Notice
          tone="warning"
          title={t("noDomains")}
          action={
            <Button variant="default" renderRoot={(props) => <Link to="/domains/new" {...props} />}>
              {t("addDomain")}
            </Button>
          }
        >
          <p>{t("noDomainsBody")}</p>
        </Notice>
      ) : (
        <Checkbox.Group
          label={t("ourDomains")}
          description={t("ourDomainsHelp")}
          value={chosen}
          error={faultAt("sides.0.domains")}
          onChange={choose}
        >
          <div className={classes.checks}>
            {[...offered, ...others].map((name) => (
              <Checkbox
                key={name}
                value={name}
                label={name}
                {...(others.includes(name) ? { error: t("otherDomains", { names: name }) } : {})}
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
      <Textarea
        label={t("theirDomains")}
        description={t("theirDomainsHelp")}
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        autoCapitalize="none"
        value={draft.theirs.domains}
        error={faultAt("sides.1.domains")}
        onChange={(event) =>
          set({ theirs: { ...draft.theirs, domains: event.currentTarget.value } })
        }
      />
    </div>
  );
}
