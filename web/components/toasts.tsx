import { ActionIcon, Button } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./toasts.module.css";

interface NotifyOptions {
  /** What takes it back, within ten seconds. */
  readonly undo?: () => void;
}

/** Says in the corner that something was done. */
export type Notify = (message: string, options?: NotifyOptions) => void;

interface Toast extends NotifyOptions {
  readonly id: number;
  readonly message: string;
}

const SHOWN_MS = 5_000;
const UNDO_MS = 10_000;
const MOST = 3;

const NotifyContext = createContext<Notify>(() => undefined);

/** `const notify = useNotify(); notify(t("saved"), { undo })`. */
export function useNotify(): Notify {
  return useContext(NotifyContext);
}

/** Holds the messages; they are read out, wait while the pointer or focus is on them, then go. */
export function ToastsProvider({ children }: { readonly children: ReactNode }) {
  const t = useText(shellText);
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const lastId = useRef(0);
  const notify = useCallback<Notify>((message, options = {}) => {
    lastId.current += 1;
    const toast = { id: lastId.current, message, ...options };
    setToasts((shown) => [...shown.slice(1 - MOST), toast]);
  }, []);
  const remove = useCallback(
    (id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    [],
  );
  return (
    <NotifyContext value={notify}>
      {children}
      <section className={classes.area} aria-label={t("messages")}>
        <div role="status" style={{ display: "contents" }}>
          {toasts.map((toast) => (
            <ToastBox key={toast.id} toast={toast} onDone={remove} />
          ))}
        </div>
      </section>
    </NotifyContext>
  );
}

function ToastBox({
  toast,
  onDone,
}: {
  readonly toast: Toast;
  readonly onDone: (id: number) => void;
}) {
  const t = useText(shellText);
  const [isHeld, setIsHeld] = useState(false);
  const { id, undo } = toast;
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(() => onDone(id), undo === undefined ? SHOWN_MS : UNDO_MS);
    return () => clearTimeout(timer);
  }, [isHeld, id, undo, onDone]);
  return (
    <div
      className={classes.toast}
      onMouseEnter={() => setIsHeld(true)}
      onMouseLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
      <span>{toast.message}</span>
      <span className={classes.actions}>
        {undo !== undefined && (
          <Button
            size="compact-sm"
            variant="light"
            onClick={() => {
              undo();
              onDone(id);
            }}
          >
            {t("undo")}
          </Button>
        )}
        <ActionIcon variant="subtle" aria-label={t("close")} onClick={() => onDone(id)}>
          <IconX size={16} />
        </ActionIcon>
      </span>
    </div>
  );
}
