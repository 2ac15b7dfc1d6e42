import { Button, Modal, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useId, useState } from "react";
import { useHoldLive } from "../api/live-context.tsx";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** What will happen, and what cannot be undone. */
  readonly children: ReactNode;
  /** The word to type for what cannot be undone; without it a click is enough. */
  readonly word?: string;
  readonly confirmLabel: string;
  readonly isDanger?: boolean;
  readonly isBusy?: boolean;
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that matters; by typing its name where it cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, word, isDanger = true, isBusy = false } = props;
  const t = useText(shellText);
  const id = useId();
  const [typed, setTyped] = useState("");
  useHoldLive(isOpen);
  useEffect(() => setTyped(""), [isOpen]);
  const isReady = word === undefined || typed.trim() === word;
  return (
    <Dialog isOpen={isOpen} title={props.title} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isBusy) props.onConfirm();
        }}
        style={{ display: "grid", gap: "0.875rem" }}
      >
        <div>{props.children}</div>
        {word !== undefined && (
          <TextInput
            id={id}
            label={t.rich("typeToConfirm", { word, b: (chunks) => <code>{chunks}</code> })}
            value={typed}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <ProblemNotice error={props.error} />
        <div
          style={{ display: "flex", justifyContent: "flex-end", gap: "0.5rem", flexWrap: "wrap" }}
        >
          <Button variant="default" onClick={props.onClose}>
            {t("cancel")}
          </Button>
          <Button
            type="submit"
            disabled={!isReady}
            loading={isBusy}
            {...(isDanger ? { color: "red" } : {})}
          >
            {props.confirmLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface DialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  readonly size?: string;
}

/** A dialog whose header is no second page banner to assistive technology. */
export function Dialog({ isOpen, title, children, onClose, size = "md" }: DialogProps) {
  const t = useText(shellText);
  return (
    <Modal.Root opened={isOpen} onClose={onClose} size={size} centered>
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content>
        <Modal.Header role="presentation">
          <Modal.Title renderRoot={(props) => <h2 {...props} />}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t("close")} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
