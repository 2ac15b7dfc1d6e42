import { TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { Notice } from "../../components/notice.tsx";
import type { FieldsProps } from "./fields.ts";
import { useTerms } from "./fields.ts";

/** The link's name, typed again, before a link is made that is open to others (XEP-0361 §4.2.1, §5). */
export function ConsentField(
  props: FieldsProps & { readonly title: ReactNode; readonly body: ReactNode },
) {
  const t = useTerms();
  const { draft, set, faultAt } = props;
  const name = draft.name.trim();
  return (
    <Notice tone="failed" title={props.title}>
      <p>{props.body}</p>
      {name === "" ? (
        <p>{t("consentNameless")}</p>
      ) : (
        <TextInput
          mt="xs"
          maw={360}
          label={t.rich("consent", { name, b: (chunks) => <code key="name">{chunks}</code> })}
          autoComplete="off"
          spellCheck={false}
          value={draft.consent}
          error={faultAt("consent")}
          onChange={(event) => set({ consent: event.currentTarget.value })}
        />
      )}
    </Notice>
  );
}
