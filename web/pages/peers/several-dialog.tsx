import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/client.ts";
import { useHoldLive } from "../../api/live-context.tsx";
import { isConcerned } from "../../api/keys.ts";
import { problemOf } from "../../api/problem.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { useFinding } from "../../components/finding.tsx";
import { Status } from "../../components/status.tsx";
import { peersText } from "../../text/peers.ts";
import { problemText } from "../../text/problems.ts";
import { useText } from "../../text/use-text.tsx";
import { type BulkOutcome, readDomains, runBulk } from "./bulk.ts";
import classes from "./peers.module.css";

/** Adds a pasted list of domains; tells what became of each line. */
export function SeveralDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const t = useText(peersText);
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [expects, setExpects] = useState<"xmpp" | "wave">("xmpp");
  const [outcomes, setOutcomes] = useState<readonly BulkOutcome<string>[] | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  useHoldLive(isOpen);
  const domains = readDomains(text);
  const failed = outcomes?.filter(({ error }) => error !== null) ?? [];

  async function add(): Promise<void> {
    setIsBusy(true);
    const done = await runBulk(domains, async (domain) =>
      call("POST /api/v1/peers", { body: { domain, expects } }),
    );
    setIsBusy(false);
    setOutcomes(done);
    setText(
      done
        .filter(({ error }) => error !== null)
        .map(({ item }) => item)
        .join("\n"),
    );
    await client.invalidateQueries({ predicate: ({ queryKey }) => isConcerned(queryKey, "peers") });
  }
  function close(): void {
    setText("");
    setOutcomes(null);
    onClose();
  }

  return (
    <Dialog isOpen={isOpen} title={t("severalTitle")} onClose={close} size="lg">
      <form
        className={classes.several}
        onSubmit={(event) => {
          event.preventDefault();
          if (domains.length > 0) void add();
        }}
      >
        <p>{t("severalBody")}</p>
        <Textarea
          label={t("severalLabel")}
          rows={8}
          value={text}
          spellCheck={false}
          autoCapitalize="none"
          data-autofocus
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("fieldExpects")}
          value={expects}
          data={[
            { value: "xmpp", label: t("expects.xmpp") },
            { value: "wave", label: t("expects.wave") },
          ]}
          onChange={(event) => setExpects(event.currentTarget.value === "wave" ? "wave" : "xmpp")}
        />
        <div role="status">
          {outcomes !== null && (
            <>
              <Status tone={failed.length === 0 ? "ok" : "warning"}>
                {t("severalAdded", { count: outcomes.length - failed.length })}
              </Status>
              <ul>
                {failed.map(({ item, error }) => (
                  <li key={item}>
                    <code>{item}</code>: <Reason error={error} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
        <div style={{ display: "flex", justifyContent: "flex-end" }}>
          <Button type="submit" loading={isBusy} disabled={domains.length === 0}>
            {t("severalAdd", { count: domains.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Reason({ error }: { readonly error: unknown }) {
  const t = useText(peersText);
  const finding = useFinding();
  const problem = problemOf(error);
  if (problem.code === "resource.conflict") return t("severalExisting");
  if (problem.code === "name.invalid" || problem.code === "name.ip_literal") {
    const params = problem.params as Record<string, string | null>;
    const { suggestion } = params;
    return (
      <>
        {finding({ code: problem.code, params }).headline}
        {typeof suggestion === "string" && ` ${t("severalUse", { suggestion })}`}
      </>
    );
  }
  return (problemText[problem.code] ?? problemText["client.unexpected"]).title;
}
