import { Button } from "@mantine/core";
import type { HostedInstances, Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { Time } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attachment-panel.module.css";

/** The connections of one hosted component, each with what passed over it. */
export function HostedInstancesTable(props: {
  readonly link: Link;
  readonly items: HostedInstances["items"];
}) {
  const t = useText(nativeText);
  const mayClose = useMay("admin");
  const notify = useNotify();
  const close = useCall("DELETE /api/v1/links/:id/instances/:instanceId", {
    changes: ["domains"],
    onSuccess: () => notify(t("instanceClosed")),
  });
  if (props.items.length === 0) return null;
  return (
    <>
      <ul className={classes.instances} aria-label={t("instances")}>
        {props.items.map((one) => (
          <li key={one.id} className={classes.instance}>
            <dl>
              <div>
                <dt>{t("instanceFrom")}</dt>
                <dd className="wg-mono">{one.address}</dd>
              </div>
              <div>
                <dt>{t("instanceSince")}</dt>
                <dd>{one.attachedAt !== null && <Time at={one.attachedAt} />}</dd>
              </div>
              <div>
                <dt>{t("instanceStanzas")}</dt>
                <dd>
                  {one.stanzasIn} / {one.stanzasOut}
                </dd>
              </div>
              <div>
                <dt>{t("instanceQueue")}</dt>
                <dd>{one.queuedStanzas}</dd>
              </div>
            </dl>
            {mayClose && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t("closeInstanceOf", { address: one.address })}
                loading={close.isPending && close.variables.params.instanceId === one.id}
                onClick={() => close.mutate({ params: { id: props.link.id, instanceId: one.id } })}
              >
                {t("closeInstance")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <ProblemNotice error={close.error} />
    </>
  );
}
