import type { ReactNode } from "react";
import type { Link } from "#contract/links.ts";
import { FindingNotice } from "../../components/finding.tsx";
import classes from "./attachment-panel.module.css";
import { LinkStatus } from "./link-status.tsx";

/** A link's name, what it is, its state; below, why it is not as it should be. */
export function LinkHead(props: {
  readonly link: Link;
  readonly description: ReactNode;
  readonly actions: ReactNode;
}) {
  const { link } = props;
  return (
    <>
      <div className={classes.head}>
        <div>
          <h3 className="wg-mono">{link.name}</h3>
          <p className="wg-dimmed">{props.description}</p>
        </div>
        <div role="status">
          <LinkStatus link={link} isPill />
        </div>
        {props.actions}
      </div>
      {link.state !== "attached" && link.lastError !== null && (
        <FindingNotice finding={link.lastError} />
      )}
    </>
  );
}
