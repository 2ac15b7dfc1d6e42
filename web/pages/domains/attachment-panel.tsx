import { Button, Menu } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { Link as RouterLink } from "@tanstack/react-router";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import { useMay } from "../../api/session.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { Panel } from "../../components/panel.tsx";
import { domainsText } from "../../text/domains.ts";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attachment-panel.module.css";
import { ComponentCard } from "./component-card.tsx";
import { HostDialog } from "./host-dialog.tsx";
import { HostedCard } from "./hosted-card.tsx";
import { NativeCard } from "./native-card.tsx";

/** How the domain and the names below it reach other servers, live, in words. */
export function AttachmentPanel({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(domainsText);
  const mayChange = useMay("admin");
  const isEmpty = domain.links.length === 0;
  return (
    <Panel title={t("attachment")} actions={mayChange && !isEmpty && <AddMenu domain={domain} />}>
      {isEmpty ? (
        <EmptyState
          icon={IconPlugConnected}
          title={t("noLinkTitle")}
          action={
            mayChange && (
              <Button
                renderRoot={(props) => (
                  <RouterLink to="/domains/new" search={{ domain: domain.id }} {...props} />
                )}
              >
                {t("attachNow")}
              </Button>
            )
          }
        >
          {t("noLinkBody", { domain: domain.unicode })}
        </EmptyState>
      ) : (
        <ul className={classes.links}>
          {domain.links.map((link) => (
            <li key={link.id} className={classes.link}>
              {link.kind === "component" && <ComponentCard link={link} domain={domain} />}
              {link.kind === "s2s" && <NativeCard link={link} domain={domain} />}
              {link.kind === "hosted" && <HostedCard link={link} domain={domain} />}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function AddMenu({ domain }: { readonly domain: LocalDomain }) {
  const t = useText(nativeText);
  const [isHosting, setIsHosting] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-sm" variant="default" leftSection={<IconPlus size={14} />}>
            {t("addName")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setIsHosting(true)}>{t("addHosted")}</Menu.Item>
          <Menu.Item
            renderRoot={(props) => (
              <RouterLink
                to="/domains/new"
                search={{ domain: domain.id, way: "beside" }}
                {...props}
              />
            )}
          >
            {t("addNative")}
          </Menu.Item>
          <Menu.Item
            renderRoot={(props) => (
              <RouterLink
                to="/domains/new"
                search={{ domain: domain.id, way: "component" }}
                {...props}
              />
            )}
          >
            {t("addComponent")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isHosting && <HostDialog domain={domain} onClose={() => setIsHosting(false)} />}
    </>
  );
}
