import { Group, Menu } from "@mantine/core";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useMay } from "../../api/session.ts";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import { advertisedPlace } from "./advertised-place.ts";
import { EditNativeDialog } from "./edit-native-dialog.tsx";
import { LinkHead } from "./link-head.tsx";
import { LinkMenu } from "./link-menu.tsx";
import { NativeFacts } from "./native-facts.tsx";

/** A name that the appliance federates itself. */
export function NativeCard({
  link,
  domain,
}: {
  readonly link: Link;
  readonly domain: LocalDomain;
}) {
  const t = useText(nativeText);
  const mayChange = useMay("admin");
  const [isEditing, setIsEditing] = useState(false);
  const { name } = link;
  return (
    <>
      <LinkHead
        link={link}
        description={
          <>
            {t("federated", advertisedPlace(link, domain))}{" "}
            {t(link.role === "wave" ? "role_wave" : "role_plain")}
          </>
        }
        actions={
          mayChange && (
            <Group gap="xs">
              <LinkMenu
                link={link}
                items={<Menu.Item onClick={() => setIsEditing(true)}>{t("editNative")}</Menu.Item>}
                removeTitle={t("removeTitle", { name })}
                removeBody={t("removeNative", { name })}
              />
            </Group>
          )
        }
      />
      <NativeFacts link={link} />
      {isEditing && (
        <EditNativeDialog link={link} domain={domain} onClose={() => setIsEditing(false)} />
      )}
    </>
  );
}
