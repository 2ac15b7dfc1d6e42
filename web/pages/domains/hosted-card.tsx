import { Group, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { HostedInstances, Link } from "#contract/links.ts";
import { query, useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ConfirmDialog, Dialog } from "../../components/confirm-dialog.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import { advertisedPlace } from "./advertised-place.ts";
import { EditNativeDialog } from "./edit-native-dialog.tsx";
import { HostedConfiguration } from "./hosted-configuration-view.tsx";
import { HostedInstancesTable } from "./hosted-instances.tsx";
import { LinkHead } from "./link-head.tsx";
import { LinkMenu } from "./link-menu.tsx";
import { NativeFacts } from "./native-facts.tsx";

const AGAIN_MS = 5_000;

/** A name whose component connects to the appliance: what is connected, and its secret made anew. */
export function HostedCard({
  link,
  domain,
}: {
  readonly link: Link;
  readonly domain: LocalDomain;
}) {
  const t = useText(nativeText);
  const mayChange = useMay("admin");
  const instances = useQuery({
    ...query("GET /api/v1/links/:id/instances", { params: { id: link.id } }),
    enabled: link.isEnabled,
    // Their counters are news to nobody but who looks.
    refetchInterval: AGAIN_MS,
  });
  return (
    <>
      <LinkHead
        link={link}
        description={
          <>
            {t("hostedHere", advertisedPlace(link, domain))}{" "}
            {link.isEnabled && instances.data !== undefined && (
              <PortLine port={instances.data.port} />
            )}
          </>
        }
        actions={mayChange && <HostedActions link={link} domain={domain} />}
      />
      <NativeFacts link={link} />
      {link.isEnabled && instances.data !== undefined && (
        <>
          {instances.data.waitingStanzas > 0 && (
            <p className="wg-dimmed">{t("waits", { count: instances.data.waitingStanzas })}</p>
          )}
          <HostedInstancesTable link={link} items={instances.data.items} />
        </>
      )}
    </>
  );
}

function PortLine({ port: place }: { readonly port: HostedInstances["port"] }) {
  const t = useText(nativeText);
  const { host, port, isTls, isOpen } = place;
  if (port === 0) return t("noPort");
  if (!isOpen) return t("portClosed", { host, port: String(port) });
  return t("connectTo", { host, port: String(port), tls: isTls ? "yes" : "no" });
}

function HostedActions({ link, domain }: { readonly link: Link; readonly domain: LocalDomain }) {
  const t = useText(nativeText);
  const [open, setOpen] = useState<"roll" | "edit" | null>(null);
  const { name, id } = link;
  const roll = useCall("POST /api/v1/links/:id/secret", { changes: ["domains"] });
  const close = () => {
    setOpen(null);
    roll.reset();
  };
  return (
    <Group gap="xs">
      <LinkMenu
        link={link}
        items={
          <>
            <Menu.Item onClick={() => setOpen("roll")}>{t("roll")}</Menu.Item>
            <Menu.Item onClick={() => setOpen("edit")}>{t("editNative")}</Menu.Item>
          </>
        }
        removeTitle={t("removeTitle", { name })}
        removeBody={t("removeHosted", { name })}
      />
      <ConfirmDialog
        isOpen={open === "roll" && roll.data === undefined}
        title={t("rollTitle", { name })}
        confirmLabel={t("roll")}
        isBusy={roll.isPending}
        error={roll.error}
        onConfirm={() => roll.mutate({ params: { id } })}
        onClose={close}
      >
        {t("rollBody")}
      </ConfirmDialog>
      {roll.data !== undefined && (
        <Dialog isOpen title={t("doneTitle")} onClose={close} size="lg">
          <HostedConfiguration link={link} secret={roll.data.secret} onDone={close} />
        </Dialog>
      )}
      {open === "edit" && <EditNativeDialog link={link} domain={domain} onClose={close} />}
    </Group>
  );
}
