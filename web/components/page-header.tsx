import { Link, type LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./page-header.module.css";

export interface Crumb {
  readonly label: string;
  readonly to: NonNullable<LinkProps["to"]>;
}

interface PageHeaderProps {
  readonly title: string;
  /** Beside the title: a status, a label. */
  readonly mark?: ReactNode;
  readonly description?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
}

/** The page's only h1, the browser tab's title, and the page's main actions. */
export function PageHeader({ title, mark, description, crumbs = [], actions }: PageHeaderProps) {
  const t = useText(shellText);
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <header className={classes.header}>
      {crumbs.length > 0 && (
        <nav aria-label={t("crumbs")}>
          <ol className={classes.crumbs}>
            {crumbs.map((crumb) => (
              <li key={crumb.label}>
                <Link to={crumb.to}>{crumb.label}</Link>
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className={classes.row}>
        <div style={{ minWidth: 0 }}>
          <div className={classes.title}>
            <h1>{title}</h1>
            {mark}
          </div>
          {description !== undefined && <div className={classes.description}>{description}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
    </header>
  );
}
