import { TextInput } from "@mantine/core";
import type { ApiProblem } from "../../api/problem.ts";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import { isPort } from "./domain-draft.ts";

export interface PlaceDraft {
  readonly host: string;
  readonly port: string;
}

/**
 * What was typed; without a host it is the domain's place where the appliance federates the domain (`own` null), else
 * the name itself. Null while the port is none.
 */
export function readPlace(
  place: PlaceDraft,
  own: string | null,
): { readonly host: string | null; readonly port: number | null } | null {
  const host = place.host.trim();
  if (host === "" && own === null) return { host: null, port: null };
  return isPort(place.port) ? { host: host === "" ? own : host, port: Number(place.port) } : null;
}

/** Host and port that others dial for one name, where they are not the domain's. */
export function PlaceFields(props: {
  readonly domain: string;
  /** The name itself, if that is what an empty host means. */
  readonly own: string | null;
  readonly place: PlaceDraft;
  readonly error: ApiProblem | null;
  readonly onChange: (part: Partial<PlaceDraft>) => void;
}) {
  const t = useText(nativeText);
  const { domain, own, place, error, onChange } = props;
  const isDomains = place.host.trim() === "" && own === null;
  return (
    <div className={classes.row}>
      <TextInput
        label={t("host")}
        description={own === null ? t("hostAsDomain", { domain }) : t("hostAsName")}
        placeholder={own ?? t("asDomain", { domain })}
        spellCheck={false}
        autoCapitalize="none"
        value={place.host}
        error={error?.fields["host"]}
        onChange={(event) => onChange({ host: event.currentTarget.value })}
      />
      <TextInput
        label={t("port")}
        inputMode="numeric"
        disabled={isDomains}
        value={place.port}
        error={!isDomains && !isPort(place.port) && t("portBad")}
        onChange={(event) => onChange({ port: event.currentTarget.value.trim() })}
      />
    </div>
  );
}
