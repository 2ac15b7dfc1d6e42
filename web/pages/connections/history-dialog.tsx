import { Button, Loader } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { send } from "../../api/client.ts";
import { useHoldLive } from "../../api/live-context.tsx";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { FindingText } from "../../components/finding.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { shellText } from "../../text/shell.ts";
import { connectionsText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";
import { ConnectionState, useStateWord } from "./connection-state.tsx";
import classes from "./history-dialog.module.css";

interface HistoryDialogProps {
  readonly id: string | undefined;
  readonly name: string;
  readonly onClose: () => void;
}

/** What happened to a connection: every change of state with its reason, newest first. */
export function HistoryDialog({ id, name, onClose }: HistoryDialogProps) {
  const t = useText(connectionsText);
  useHoldLive(id !== undefined);
  return (
    <Dialog
      isOpen={id !== undefined}
      title={t("historyTitle", { name })}
      onClose={onClose}
      size="lg"
    >
      {id !== undefined && <History id={id} />}
    </Dialog>
  );
}

function History({ id }: { readonly id: string }) {
  const t = useText(connectionsText);
  const shell = useText(shellText);
  const time = useTimeFormat();
  const word = useStateWord();
  const { data, error, isLoading, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery({
      queryKey: ["connections", id, "history"],
      initialPageParam: null as string | null,
      queryFn: async ({ pageParam, signal }) =>
        send(
          "GET /api/v1/connections/:id/history",
          { params: { id }, query: pageParam === null ? {} : { cursor: pageParam } },
          signal,
        ),
      getNextPageParam: (page) => page.next,
    });
  const events = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div>
      <ProblemNotice error={error} />
      {isLoading && <Loader size="sm" role="status" aria-label={shell("loading")} />}
      {data !== undefined && events.length === 0 && <p>{t("historyEmpty")}</p>}
      <ol className={classes.list}>
        {events.map((event) => (
          <li key={event.id}>
            <div className={classes.head}>
              <ConnectionState state={event.toState} />
              <time dateTime={event.at} className="wg-dimmed wg-numbers">
                {time.exact(new Date(event.at))}
              </time>
            </div>
            {event.fromState !== null && (
              <div className="wg-dimmed">
                {t("change", { from: word(event.fromState), to: word(event.toState) })}
              </div>
            )}
            {event.detail !== null && (
              <div>
                <FindingText finding={event.detail} />
              </div>
            )}
          </li>
        ))}
      </ol>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("historyMore")}
        </Button>
      )}
    </div>
  );
}
