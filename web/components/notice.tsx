import type { ReactNode } from "react";
import classes from "./notice.module.css";
import { TONE_ICON, type Tone } from "./status.tsx";

interface NoticeProps {
  readonly tone: Tone;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** Across the page's whole width. */
  readonly isBanner?: boolean;
  /** `alert` for what has just gone wrong, so that it is read out. */
  readonly role?: "alert" | "status";
}

/** A message in the page: what is so, what it means, what to do. */
export function Notice({ tone, title, children, action, isBanner = false, role }: NoticeProps) {
  const Icon = TONE_ICON[tone];
  return (
    <div
      className={`${classes.notice} ${classes[tone]} ${isBanner ? classes.banner : ""}`}
      role={role}
    >
      <Icon size={18} stroke={2} aria-hidden="true" />
      <div className={classes.body}>
        {title !== undefined && <p className={classes.title}>{title}</p>}
        {children}
      </div>
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}
