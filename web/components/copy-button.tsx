import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";

interface CopyButtonProps {
  readonly value: string;
  /** What is copied, for the button's name: "the secret". */
  readonly what: string;
  /** With the word beside the icon. */
  readonly hasLabel?: boolean;
  /** These words instead of "Copy". */
  readonly label?: string;
}

/** Copies a text, and says that it did; also to screen readers. */
export function CopyButton({ value, what, hasLabel = false, label }: CopyButtonProps) {
  const t = useText(shellText);
  const [state, setState] = useState<"idle" | "done" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), 2500);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy(): Promise<void> {
    setState((await copyText(value)) ? "done" : "refused");
  }

  const name = t("copyWhat", { what });
  const icon = state === "done" ? <IconCheck size={16} /> : <IconCopy size={16} />;
  const said = state === "done" ? t("copied") : state === "refused" ? t("copyFailed") : "";
  return (
    <>
      {hasLabel ? (
        <Button
          variant="default"
          leftSection={icon}
          aria-label={label ?? name}
          onClick={() => void copy()}
        >
          {state === "idle" ? (label ?? t("copy")) : said}
        </Button>
      ) : (
        <Tooltip label={state === "idle" ? name : said}>
          <ActionIcon variant="subtle" size="md" aria-label={name} onClick={() => void copy()}>
            {icon}
          </ActionIcon>
        </Tooltip>
      )}
      <span role="status" className="wg-visually-hidden">
        {said}
      </span>
    </>
  );
}

/** The clipboard needs a secure context; without one the old way is tried. */
async function copyText(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = value;
    field.setAttribute("readonly", "");
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  }
}
