import { IconBook2, IconCheck, IconUser, IconUserShare, IconWorld } from "@tabler/icons-react";
import { Fragment, type ReactNode } from "react";
import { type PrimitiveType, useIntl } from "react-intl";
import type { Finding } from "#contract/traces.ts";
import { type FindingWords, type Worded, wordFinding } from "../text/finding-words.ts";
import { ownerText } from "../text/owners.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./finding.module.css";
import { Notice } from "./notice.tsx";
import type { Tone } from "./status.tsx";

export const SEVERITY_TONE: Readonly<Record<Finding["severity"], Tone>> = {
  info: "info",
  warning: "warning",
  error: "failed",
};

/** The words of a finding for the page: names and values are marked as code. */
export function useFinding(): (finding: Worded) => FindingWords<ReactNode> {
  const intl = useIntl();
  return (finding) =>
    wordFinding<ReactNode>(finding, (id, message, values) => {
      const filled: Record<string, PrimitiveType | ReactNode | typeof mark> = {
        ...values,
        c: mark,
      };
      const parts: unknown = intl.formatMessage(
        { id, defaultMessage: message },
        filled as Record<string, ReactNode>,
      );
      return Array.isArray(parts)
        ? parts.map((part: ReactNode, index) => <Fragment key={index}>{part}</Fragment>)
        : (parts as ReactNode);
    });
}

const mark = (chunks: ReactNode[]) => <code>{chunks}</code>;

/** A finding's headline, for a line or a cell. */
export function FindingText({ finding }: { readonly finding: Worded }) {
  return <>{useFinding()(finding).headline}</>;
}

/** A finding as a card: what is so, what it means, what to do, who can do it, where it is written. */
export function FindingNotice({
  finding,
  action,
}: {
  readonly finding: Finding;
  readonly action?: ReactNode;
}) {
  const words = useFinding()(finding);
  return (
    <Notice
      tone={SEVERITY_TONE[finding.severity]}
      title={words.headline}
      {...(action === undefined ? {} : { action })}
    >
      <p>{words.meaning}</p>
      {words.fixes.length > 0 && (
        <ol className={classes.fixes}>
          {words.fixes.map((fix, index) => (
            <li key={index}>{fix}</li>
          ))}
        </ol>
      )}
      <p className={classes.foot}>
        <OwnerMark finding={finding} />
        {words.reference !== null && (
          <span className={classes.mark}>
            <IconBook2 size={14} aria-hidden="true" />
            {words.reference.href === null ? (
              words.reference.label
            ) : (
              <a href={words.reference.href} target="_blank" rel="noreferrer">
                {words.reference.label}
              </a>
            )}
          </span>
        )}
      </p>
    </Notice>
  );
}

const OWNER_ICON = {
  us: IconUser,
  peer: IconUserShare,
  network: IconWorld,
  nobody: IconCheck,
} as const;

/** Who can fix it. */
export function OwnerMark({ finding }: { readonly finding: Owned }) {
  const t = useText(ownerText);
  const Icon = OWNER_ICON[finding.owner];
  return (
    <span className={classes.mark}>
      <Icon size={14} aria-hidden="true" />
      {t(ownerWord(finding))}
    </span>
  );
}

type Owned = Pick<Finding, "owner" | "severity">;

/** Which of the owners' words says whose it is. */
export function ownerWord({ owner, severity }: Owned): keyof typeof ownerText {
  return owner === "peer" && severity !== "error" ? "peerMay" : owner;
}
