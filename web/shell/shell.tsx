import { ActionIcon } from "@mantine/core";
import { IconMenu2, IconX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { LiveProvider } from "../api/live-context.tsx";
import { onProblem } from "../api/query-client.ts";
import { useMay } from "../api/session.ts";
import { ToastsProvider } from "../components/toasts.tsx";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import { LiveBanner } from "./live-banner.tsx";
import { Logo } from "./logo.tsx";
import { navigation } from "./navigation.ts";
import { PersonMenu } from "./person-menu.tsx";
import classes from "./shell.module.css";

const MAIN_ID = "page";

/** The frame of the signed-in dashboard: navigation, person, live banner, and the page. */
export function Shell() {
  const t = useText(shellText);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => setIsOpen(false), [path]);
  useFocusOnNewPage(path);
  useLeaveWhenSignedOut();

  return (
    <LiveProvider>
      <ToastsProvider>
        <a className={classes.skip} href={`#${MAIN_ID}`}>
          {t("skip")}
        </a>
        <div className={classes.layout}>
          <header className={classes.topbar}>
            <Brand />
            <ActionIcon
              variant="subtle"
              size="lg"
              aria-label={isOpen ? t("closeMenu") : t("openMenu")}
              aria-expanded={isOpen}
              aria-controls="navigation"
              onClick={() => setIsOpen(!isOpen)}
            >
              {isOpen ? <IconX size={20} /> : <IconMenu2 size={20} />}
            </ActionIcon>
          </header>
          <nav
            className={classes.sidebar}
            id="navigation"
            data-open={isOpen}
            aria-label={t("navigation")}
          >
            <Brand />
            <Navigation />
            <div className={classes.foot}>
              <PersonMenu />
            </div>
          </nav>
          <main className={classes.main} id={MAIN_ID} tabIndex={-1}>
            <div className={classes.banner}>
              <LiveBanner />
            </div>
            <div className={classes.content}>
              <Outlet />
            </div>
          </main>
        </div>
      </ToastsProvider>
    </LiveProvider>
  );
}

function Brand() {
  const t = useText(shellText);
  return (
    <Link to="/" className={classes.brand}>
      <Logo />
      {t("product")}
    </Link>
  );
}

function Navigation() {
  const t = useText(shellText);
  const isAdmin = useMay("admin");
  return (
    <div className={classes.nav}>
      {navigation.map((group) => (
        <section key={group.label} aria-labelledby={`navigation-${group.label}`}>
          <h2 className={classes.groupLabel} id={`navigation-${group.label}`}>
            {t(group.label)}
          </h2>
          <ul className={classes.entries}>
            {group.entries
              .filter((entry) => isAdmin || entry.needsAdmin !== true)
              .map(({ to, label, icon: Icon, isExact }) => (
                <li key={label}>
                  <Link
                    to={to}
                    className={classes.entry}
                    activeOptions={{ exact: isExact === true, includeSearch: false }}
                  >
                    <Icon size={18} stroke={1.75} aria-hidden="true" />
                    {t(label)}
                  </Link>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** Another page begins at its top for the keyboard, too, unless it has put the focus somewhere itself. */
function useFocusOnNewPage(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const main = document.getElementById(MAIN_ID);
    if (main?.contains(document.activeElement) === false) main.focus({ preventScroll: true });
  }, [path]);
}

/** A session that ends while the page is open leads to sign-in, and back to the same page. */
function useLeaveWhenSignedOut(): void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const href = useRouterState({ select: (state) => state.location.href });
  useEffect(
    () =>
      onProblem(client, "auth.required", () => {
        client.clear();
        void navigate({ to: "/login", search: { next: href }, replace: true });
      }),
    [client, navigate, href],
  );
}
