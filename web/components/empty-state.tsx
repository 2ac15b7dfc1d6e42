import type { IconProps } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import classes from "./empty-state.module.css";

interface EmptyStateProps {
  readonly icon?: ComponentType<IconProps>;
  readonly title?: string;
  /** Why there is nothing, and what the next step is. */
  readonly children: ReactNode;
  readonly action?: ReactNode;
}

/** Stands where there is nothing yet, and says the next step. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      {Icon !== undefined && <Icon size={28} stroke={1.5} aria-hidden="true" />}
      {title !== undefined && <h2>{title}</h2>}
      <div className={classes.body}>{children}</div>
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}
