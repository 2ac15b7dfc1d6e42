import { Button, Loader } from "@mantine/core";
import { IconBug, IconUnlink } from "@tabler/icons-react";
import { type ErrorComponentProps, Link, Outlet } from "@tanstack/react-router";
import { Suspense } from "react";
import { ApiProblem } from "../api/problem.ts";
import { CodeBlock } from "../components/code-block.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";

/** What is around everything. */
export function RootFrame() {
  const t = useText(shellText);
  return (
    <>
      <Suspense fallback={<PageLoading />}>
        <Outlet />
      </Suspense>
      <section id="overlays" aria-label={t("overlays")} />
    </>
  );
}

/** Shown only when a page takes longer than a moment. */
export function PageLoading() {
  const t = useText(shellText);
  return (
    <div style={{ display: "grid", placeItems: "center", minHeight: "12rem" }} role="status">
      <Loader size="sm" aria-hidden="true" />
      <span className="wg-visually-hidden">{t("loading")}</span>
    </div>
  );
}

/** The page of an address that does not exist. */
export function NotFoundPage() {
  const t = useText(shellText);
  return (
    <div style={{ maxWidth: "40rem", margin: "4rem auto", padding: "0 1rem" }}>
      <PageHeader title={t("notFoundTitle")} />
      <EmptyState
        icon={IconUnlink}
        action={
          <Button renderRoot={(props) => <Link to="/" {...props} />}>{t("toOverview")}</Button>
        }
      >
        {t("notFoundBody")}
      </EmptyState>
    </div>
  );
}

/** The page of a fault of the dashboard, or of an answer without which there is no page. */
export function CrashPage({ error, reset }: ErrorComponentProps) {
  const t = useText(shellText);
  return (
    <div style={{ maxWidth: "44rem", margin: "2rem auto", padding: "0 1rem" }}>
      {error instanceof ApiProblem ? (
        <>
          <PageHeader title={t("crashedTitle")} />
          <ProblemNotice
            error={error}
            action={
              <Button variant="default" onClick={reset}>
                {t("tryAgain")}
              </Button>
            }
          />
        </>
      ) : (
        <>
          <PageHeader title={t("crashedTitle")} />
          <EmptyState
            icon={IconBug}
            action={<Button onClick={() => location.reload()}>{t("reload")}</Button>}
          >
            {t("crashedBody")}
          </EmptyState>
          <CodeBlock
            code={error instanceof Error ? (error.stack ?? error.message) : String(error)}
            label={t("crashedDetails")}
          />
        </>
      )}
    </div>
  );
}
