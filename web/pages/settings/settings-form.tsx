import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { Settings } from "#contract/settings.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { settingsText } from "../../text/settings.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./settings.module.css";

interface SettingsFormProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly settings: Settings;
  /** What is to be saved, or null while something is not valid. */
  readonly read: () => Partial<Settings> | null;
  readonly isDirty: boolean;
  /** What was typed stands until then: a refusal takes nothing of it away. */
  readonly onSaved: () => void;
  readonly children: ReactNode;
}

/** A panel of settings that are saved together; who may only look sees them disabled. */
export function SettingsForm({
  title,
  description,
  settings,
  read,
  isDirty,
  onSaved,
  children,
}: SettingsFormProps) {
  const t = useText(settingsText);
  const mayChange = useMay("admin");
  const notify = useNotify();
  const save = useCall("PATCH /api/v1/settings");

  function submit(): void {
    const patch = read();
    if (patch === null) return;
    const before = Object.fromEntries(
      Object.entries(settings).filter(([name]) => name in patch),
    ) as Partial<Settings>;
    save.mutate(
      { body: patch },
      {
        onSuccess: () => {
          onSaved();
          notify(t("saved"), { undo: () => save.mutate({ body: before }) });
        },
      },
    );
  }

  return (
    <Panel title={title} description={description}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <fieldset className={classes.fields} disabled={!mayChange} aria-label={title}>
          {children}
        </fieldset>
        <ProblemNotice error={save.error} />
        {mayChange && (
          <div className={classes.foot}>
            <Button type="submit" disabled={!isDirty} loading={save.isPending}>
              {t("save")}
            </Button>
            {isDirty && <span className="wg-dimmed">{t("notSaved")}</span>}
          </div>
        )}
      </form>
    </Panel>
  );
}
