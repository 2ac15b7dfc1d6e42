import { Button, Group } from "@mantine/core";
import { Link as RouterLink } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { Notice } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { EditLinkDialog } from "./edit-link-dialog.tsx";
import { LinkTestView } from "./link-test-view.tsx";

/** Runs the test as the page opens, and says how to go on. */
export function TestStep({ domain, link }: { readonly domain: LocalDomain; readonly link: Link }) {
  const t = useText(domainsText);
  const test = useCall("POST /api/v1/links/:id/test", { changes: ["domains"] });
  const { mutate } = test;
  const [isEditing, setIsEditing] = useState(false);
  const started = useRef<string | null>(null);
  useEffect(() => {
    if (started.current === link.id) return;
    started.current = link.id;
    mutate({ params: { id: link.id } });
  }, [link.id, mutate]);
  // The secret was refused, so that is what has to be entered anew.
  const isSecretAsked =
    test.data?.steps.some(({ name, status }) => name === "handshake" && status === "failed") ===
    true;
  const isRunning = test.isPending || test.isIdle;
  return (
    <Panel title={t("testTitle")}>
      <LinkTestView name={link.name} result={test.data} isRunning={isRunning} />
      <div role="status">
        {!isRunning && test.data?.isOk === true && <Notice tone="ok">{t("testOk")}</Notice>}
        {!isRunning && test.data?.isOk === false && (
          <Notice tone="warning">{t("testFailed")}</Notice>
        )}
      </div>
      <ProblemNotice error={test.error} />
      <Group mt="md" gap="sm">
        <Button
          variant={test.data?.isOk === true ? "filled" : "default"}
          renderRoot={(props) => (
            <RouterLink to="/domains/$id" params={{ id: domain.id }} {...props} />
          )}
        >
          {t("toDomain")}
        </Button>
        <Button
          variant={test.data?.isOk === false && !isSecretAsked ? "filled" : "default"}
          loading={isRunning}
          onClick={() => mutate({ params: { id: link.id } })}
        >
          {t("testAgain")}
        </Button>
        {!isRunning && test.data?.isOk !== true && (
          <Button variant={isSecretAsked ? "filled" : "default"} onClick={() => setIsEditing(true)}>
            {t(isSecretAsked ? "enterSecretAgain" : "newSecret")}
          </Button>
        )}
      </Group>
      {isEditing && (
        <EditLinkDialog
          link={link}
          domain={domain}
          isSecretAsked={isSecretAsked}
          onClose={() => setIsEditing(false)}
          onSaved={() => mutate({ params: { id: link.id } })}
        />
      )}
    </Panel>
  );
}
