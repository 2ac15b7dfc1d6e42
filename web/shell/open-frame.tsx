import { type ReactNode, useEffect } from "react";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import { Logo } from "./logo.tsx";
import classes from "./open-frame.module.css";

interface OpenFrameProps {
  readonly title: string;
  readonly intro?: ReactNode;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

/** The frame of pages before sign-in: the mark, one card, a line below. */
export function OpenFrame({ title, intro, children, foot }: OpenFrameProps) {
  const t = useText(shellText);
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <div className={classes.brand}>
          <Logo size={30} />
          {t("product")}
        </div>
        <div className={classes.card}>
          <h1>{title}</h1>
          {intro === undefined ? (
            <div style={{ height: "1rem" }} />
          ) : (
            <p className={classes.intro}>{intro}</p>
          )}
          {children}
        </div>
        {foot !== undefined && <div className={classes.foot}>{foot}</div>}
      </div>
    </main>
  );
}
