import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { IconChevronRight, IconRoute } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { Reading } from "#contract/traces.ts";
import { useCall } from "../../api/query.ts";
import { NameProblem } from "../../components/name-problem.tsx";
import { tracesListText } from "../../text/traces-list.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./trace-form.module.css";

/** Starts a trace and goes to its page at once, to watch it happen. */
export function TraceForm({
  initial = "",
  isFocused = false,
}: {
  readonly initial?: string;
  readonly isFocused?: boolean;
}) {
  const t = useText(tracesListText);
  const navigate = useNavigate();
  const [domain, setDomain] = useState(initial);
  const [reading, setReading] = useState<Reading | "">("");
  const [isFresh, setIsFresh] = useState(false);
  const [hasOptions, setHasOptions] = useState(false);
  const start = useCall("POST /api/v1/traces", {
    onSuccess: ({ id }) => void navigate({ to: "/t/$id", params: { id } }),
  });

  function run(name: string): void {
    const options = { ...(reading === "" ? {} : { reading }), ...(isFresh ? { fresh: true } : {}) };
    start.mutate({ body: { domain: name.trim(), ...options } });
  }

  return (
    <form
      className={classes.form}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (domain.trim() !== "") run(domain);
      }}
    >
      <div className={classes.line}>
        <TextInput
          className={classes.domain ?? ""}
          label={t("domain")}
          description={t("domainHelp")}
          placeholder={t("domainPlaceholder")}
          value={domain}
          size="md"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={3071}
          required
          withAsterisk={false}
          autoFocus={isFocused}
          error={start.error !== null && start.error.fields["domain"]}
          onChange={(event) => setDomain(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="md"
          leftSection={<IconRoute size={18} />}
          loading={start.isPending}
        >
          {t("start")}
        </Button>
      </div>
      <NameProblem
        error={start.error}
        onTake={(name) => {
          setDomain(name);
          run(name);
        }}
      />
      <button
        type="button"
        className={classes.options}
        aria-expanded={hasOptions}
        onClick={() => setHasOptions(!hasOptions)}
      >
        <IconChevronRight size={15} aria-hidden="true" />
        {t("options")}
      </button>
      {hasOptions && (
        <div className={classes.more}>
          <NativeSelect
            label={t("reading")}
            value={reading}
            data={[
              { value: "", label: t("readingDefault") },
              { value: "overview", label: t("readingOverview") },
              { value: "strict", label: t("readingStrict") },
            ]}
            onChange={(event) => setReading(readingOf(event.currentTarget.value))}
          />
          <Checkbox
            label={t("fresh")}
            checked={isFresh}
            onChange={(event) => setIsFresh(event.currentTarget.checked)}
          />
        </div>
      )}
    </form>
  );
}

function readingOf(value: string): Reading | "" {
  return value === "strict" || value === "overview" ? value : "";
}
