import type { NameUse } from "#contract/certificates.ts";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { NameUseLine } from "./name-use.tsx";

/** What each name shows that this appliance federates itself; nothing while there is none. */
export function XmppPanel({ names }: { readonly names: readonly (NameUse & { name: string })[] }) {
  const t = useText(certificatesText);
  const unicode = useUnicodeNames();
  if (names.length === 0) return null;
  const missing = names.filter(({ active }) => active === null).length;
  return (
    <Panel title={t("xmppTitle")} description={t("xmppIntro")}>
      {missing > 0 && (
        <div style={{ marginBottom: "var(--wg-gap)" }}>
          <Notice tone="failed" title={t("xmppMissingTitle", { count: missing })}>
            <p>{t("xmppMissingBody")}</p>
          </Notice>
        </div>
      )}
      <Facts
        items={names.map(({ name, ...use }) => [
          unicode(name),
          <NameUseLine key={name} name={name} use={use} />,
        ])}
      />
    </Panel>
  );
}
