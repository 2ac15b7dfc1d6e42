import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

interface PanelProps {
  readonly title?: ReactNode;
  readonly description?: ReactNode;
  /** Beside the title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** For tables that reach the edges. */
  readonly isFlush?: boolean;
}

/** A titled part of a page. Panels below one another keep their distance. */
export function Panel({ title, description, actions, children, isFlush = false }: PanelProps) {
  const id = useId();
  return (
    <section className={classes.panel} {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {(title !== undefined || actions !== undefined) && (
        <div className={classes.head}>
          {title !== undefined && <h2 id={id}>{title}</h2>}
          {actions}
        </div>
      )}
      {description !== undefined && <div className={classes.description}>{description}</div>}
      <div className={isFlush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
