import type { Certificate, NameUse } from "#contract/certificates.ts";
import { Facts } from "../../components/facts.tsx";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { titleOf } from "./life.ts";
import { NameUseLine } from "./name-use.tsx";
import { coveredNames } from "./names.ts";

interface XmppPanelProps {
  readonly names: readonly (NameUse & { readonly name: string })[];
  readonly certificates: readonly Certificate[];
}

/** What each name shows that this appliance federates itself; nothing while there is none. */
export function XmppPanel({ names, certificates }: XmppPanelProps) {
  const t = useText(certificatesText);
  const unicode = useUnicodeNames();
  if (names.length === 0) return null;
  const candidateFor = (name: string) => {
    const found = certificates.find(
      ({ lifeLeft, coverage }) =>
        lifeLeft > 0 && coveredNames(coverage).some((one) => one.name === name),
    );
    return found === undefined ? undefined : { id: found.id, label: titleOf(found) };
  };
  const missing = names.filter(({ active }) => active === null).length;
  return (
    <div style={{ marginBottom: "var(--wg-gap)" }}>
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
            <NameUseLine key={name} name={name} use={use} candidate={candidateFor(name)} />,
          ])}
        />
      </Panel>
    </div>
  );
}
