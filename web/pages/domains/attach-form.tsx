import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { ApiProblem } from "../../api/problem.ts";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { type AttachDraft, type AttachValues, readDraft } from "./attach-draft.ts";
import { AttachFields } from "./attach-fields.tsx";
import classes from "./attach-form.module.css";
import { newSecret } from "./secret.ts";
import { SecretPart } from "./secret-part.tsx";
import type { Security } from "./server-configuration.ts";

interface AttachFormProps {
  readonly domain: string;
  readonly initial: {
    readonly name: string;
    readonly host: string;
    readonly port: number | null;
    readonly security: Security;
  };
  /** The component exists: its name cannot be changed, its secret stays unless a new one is asked for. */
  readonly isExisting?: boolean;
  /** An existing one's secret is entered anew from the start. */
  readonly isSecretAsked?: boolean;
  readonly isBusy: boolean;
  readonly error: ApiProblem | null;
  readonly submitLabel: string;
  readonly onSubmit: (values: AttachValues) => void;
  readonly aside?: ReactNode;
}

/** The settings of a component, with the server's configuration written beside them as one types. */
export function AttachForm(props: AttachFormProps) {
  const { initial, isExisting = false, isSecretAsked = false } = props;
  const [draft, setDraft] = useState<AttachDraft>(() => ({
    server: initial.port === 5275 || initial.port === 5276 ? "openfire" : "prosody",
    name: initial.name,
    host: initial.host,
    port: initial.port === null ? null : String(initial.port),
    security: initial.security,
    secretFrom: isSecretAsked ? "own" : isExisting ? "kept" : "generated",
    generated: newSecret(),
    own: "",
    consent: "",
  }));
  const reading = readDraft(draft);
  const change = (part: Partial<AttachDraft>) => setDraft((now) => ({ ...now, ...part }));
  const parts = { domain: props.domain, draft, reading, onChange: change };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (reading.values !== null) props.onSubmit(reading.values);
      }}
    >
      <div className={classes.grid}>
        <AttachFields {...parts} isNameFixed={isExisting} error={props.error} />
        <SecretPart {...parts} canKeep={isExisting} />
      </div>
      <div className={classes.problem}>
        <ProblemNotice error={props.error} shownFields={["name", "host"]} />
      </div>
      <div className={classes.foot}>
        <Button type="submit" loading={props.isBusy} disabled={reading.values === null}>
          {props.submitLabel}
        </Button>
        {props.aside}
      </div>
    </form>
  );
}
