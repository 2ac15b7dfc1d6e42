import "@mantine/core/styles/Notification.layer.css";
import "@mantine/notifications/styles.layer.css";
import { Button } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";

export const toasts = notifications;

/** Where the messages of `notify` appear. */
export function Toasts() {
  const t = useText(shellText);
  return <Notifications position="bottom-right" limit={3} aria-label={t("messages")} />;
}

export function ToastBody(props: {
  readonly message: string;
  readonly undo?: { readonly label: string; readonly run: () => void } | undefined;
  readonly onDone: () => void;
}) {
  const { undo } = props;
  return (
    <span
      style={{
        display: "flex",
        alignItems: "center",
        gap: "0.75rem",
        justifyContent: "space-between",
      }}
    >
      {props.message}
      {undo !== undefined && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            undo.run();
            props.onDone();
          }}
        >
          {undo.label}
        </Button>
      )}
    </span>
  );
}
