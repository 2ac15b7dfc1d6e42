import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Button, Radio, Stack } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { SelfTest } from "#contract/self-tests.ts";
import { useCall } from "../../api/query.ts";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import type { NativeWay } from "./native-draft.ts";

/** How a domain is attached: as a component, one name natively, or all of it. */
export type Way = "component" | NativeWay;

/** Asks what comes first: is there an XMPP server already? Who answers today is looked up meanwhile. */
export function ChooseStep(props: {
  readonly domain: LocalDomain;
  readonly onDone: (way: Way) => void;
}) {
  const t = useText(nativeText);
  const { domain } = props;
  const [way, setWay] = useState<Way>("component");
  const look = useCall("POST /api/v1/self-tests");
  const { mutate } = look;
  const looked = useRef<string | null>(null);
  useEffect(() => {
    if (looked.current === domain.id) return;
    looked.current = domain.id;
    mutate({ body: { domainId: domain.id } });
  }, [domain.id, mutate]);
  const names = { domain: domain.unicode };
  return (
    <Panel title={t("chooseTitle")} description={t("chooseIntro", names)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onDone(way);
        }}
      >
        <Stack gap="lg" maw={680}>
          <div role="status">
            {look.isPending && <p className="wg-dimmed">{t("looking", names)}</p>}
            {look.data !== undefined && <Answering result={look.data} domain={domain.unicode} />}
          </div>
          <Radio.Group
            aria-label={t("chooseTitle")}
            value={way}
            onChange={(value) =>
              setWay(value === "beside" || value === "instead" ? value : "component")
            }
          >
            <Stack gap="md">
              {(["component", "beside", "instead"] as const).map((one) => (
                <Radio key={one} value={one} label={t(one)} description={t(`${one}Means`, names)} />
              ))}
            </Stack>
          </Radio.Group>
          <div>
            <Button type="submit">{t("continue")}</Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}

/** Who other servers find today; what cannot be known is said, and nothing is decided by it. */
function Answering({ result, domain }: { readonly result: SelfTest; readonly domain: string }) {
  const t = useText(nativeText);
  const { host, port, isReached } = result.answering;
  const place = { domain, host, port: String(port) };
  if (isReached) return <Notice tone="info">{t("answers", place)}</Notice>;
  if (result.unknowable.includes("outside_resolvers"))
    return <p className="wg-dimmed">{t("notLooked", { domain })}</p>;
  return <Notice tone="info">{t("noAnswer", place)}</Notice>;
}
