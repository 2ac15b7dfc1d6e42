import { CopyButton } from "./copy-button.tsx";
import classes from "./code-block.module.css";

interface CodeBlockProps {
  readonly code: string;
  /** What it is: stands above it, names the region and the copy button. */
  readonly label: string;
  readonly isWrapped?: boolean;
}

/** Text for another program, exactly as it is, with a button to copy it. Scrolls by keyboard too. */
export function CodeBlock({ code, label, isWrapped = false }: CodeBlockProps) {
  return (
    <div className={classes.block}>
      <div className={classes.bar}>
        <span>{label}</span>
        <CopyButton value={code} what={label} />
      </div>
      <pre
        className={`${classes.code} ${isWrapped ? classes.wrapped : ""}`}
        // A region that scrolls must be reachable by keyboard.
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <code>{code}</code>
      </pre>
    </div>
  );
}
