import { Button, Loader } from "@mantine/core";
import { type ErrorComponentProps, Link, Outlet, useRouter } from "@tanstack/react-router";
import { Suspense } from "react";
import { ApiProblem } from "../api/problem.ts";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./frame.module.css";
import { OpenFrame } from "./open-frame.tsx";

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

/** An address that does not exist, outside the dashboard's frame. */
export function NotFoundPage() {
  const t = useText(shellText);
  return (
    <OpenFrame title={t("notFoundTitle")} intro={t("notFoundBody")}>
      <Button fullWidth renderRoot={(props) => <Link to="/" {...props} />}>
        {t("toOverview")}
      </Button>
    </OpenFrame>
  );
}

/** A fault before there is a frame, or of the frame itself: the appliance away, most often. */
export function CrashFrame(props: ErrorComponentProps) {
  const t = useText(shellText);
  return (
    <OpenFrame title={t("crashedTitle")}>
      <CrashDetails {...props} />
    </OpenFrame>
  );
}

/** A fault of one page, within the frame. */
export function CrashPage(props: ErrorComponentProps) {
  const t = useText(shellText);
  return (
    <>
      <PageHeader title={t("crashedTitle")} />
      <CrashDetails {...props} />
    </>
  );
}

function CrashDetails({ error, reset }: ErrorComponentProps) {
  const t = useText(shellText);
  const router = useRouter();
  if (error instanceof ApiProblem)
    return (
      <ProblemNotice
        error={error}
        action={
          <Button
            variant="default"
            onClick={() => {
              reset();
              void router.invalidate();
            }}
          >
            {t("tryAgain")}
          </Button>
        }
      />
    );
  return (
    <Notice
      tone="failed"
      role="alert"
      title={t("crashedBody")}
      action={<Button onClick={() => location.reload()}>{t("reload")}</Button>}
    >
      <pre className={classes.stack}>
        <code>{error instanceof Error ? (error.stack ?? error.message) : String(error)}</code>
      </pre>
    </Notice>
  );
}
