import { Button, Group, NativeSelect, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Link } from "#contract/links.ts";
import { query } from "../../api/query.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Notice } from "../../components/notice.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { nativeText } from "../../text/native.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./attach-form.module.css";
import {
  HOSTED_PROGRAMS,
  hostedConfiguration,
  type HostedProgram,
} from "./hosted-configuration.ts";

/** What to put into a component so that it connects here, the secret included: it is shown this once. */
export function HostedConfiguration(props: {
  readonly link: Link;
  readonly secret: string;
  readonly onDone: () => void;
}) {
  const t = useText(nativeText);
  const { link, secret } = props;
  const [program, setProgram] = useState<HostedProgram>(
    link.name.startsWith("wave.") ? "wave" : "biboumi",
  );
  const state = useQuery(query("GET /api/v1/links/:id/instances", { params: { id: link.id } }));
  const place = state.data?.port;
  const settings = { name: link.name, host: place?.host ?? "", port: place?.port ?? 0, secret };
  const values = [
    ["valueName", settings.name],
    ["valueHost", settings.host],
    ["valuePort", String(settings.port)],
    ["valueSecret", secret],
  ] as const;
  return (
    <Stack gap="md">
      <Notice tone="warning">{t("secretOnce")}</Notice>
      <ProblemNotice error={state.error} />
      {place?.isTls === true && <Notice tone="info">{t("needsTls")}</Notice>}
      <NativeSelect
        label={t("program")}
        maw={320}
        value={program}
        data={HOSTED_PROGRAMS.map((one) => ({ value: one, label: t(one) }))}
        onChange={(event) =>
          setProgram(HOSTED_PROGRAMS.find((one) => one === event.currentTarget.value) ?? "biboumi")
        }
      />
      <p>{t(`${program}Steps`)}</p>
      {place !== undefined && (
        <>
          <CodeBlock
            code={hostedConfiguration(program, settings)}
            label={t(`${program}Place`)}
            isWrapped
          />
          <details>
            <summary>{t("byHand")}</summary>
            <dl className={classes.values} style={{ margin: "0.5rem 0 0" }}>
              {values.map(([name, value]) => (
                <div key={name} className={classes.value}>
                  <dt>{t(name)}</dt>
                  <dd className="wg-mono">{value}</dd>
                  <dd style={{ flex: "none" }}>
                    <CopyButton value={value} what={t(name)} />
                  </dd>
                </div>
              ))}
            </dl>
          </details>
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={props.onDone}>{t("done")}</Button>
      </Group>
    </Stack>
  );
}
