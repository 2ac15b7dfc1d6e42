import { peersText } from "../text/peers.ts";
import { useText } from "../text/use-text.tsx";
import { Status } from "./status.tsx";

/** Says that a name has letters of several scripts, which may look like another name. */
export function ScriptMix({ scripts }: { readonly scripts: readonly string[] }) {
  const t = useText(peersText);
  if (scripts.length < 2) return null;
  return (
    <div>
      <Status tone="warning">{t("mixed", { scripts: scripts.join(", ") })}</Status>
      <p className="wg-dimmed">{t("mixedHelp")}</p>
    </div>
  );
}
