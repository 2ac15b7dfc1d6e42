import { createElement } from "react";

interface NotifyOptions {
  /** What takes it back, within ten seconds. */
  readonly undo?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 5_000;
const UNDO_MS = 10_000;

/** Says in the corner that something was done; loaded when first needed. */
export function notify(message: string, { undo }: NotifyOptions = {}): void {
  void import("./toasts.tsx").then(({ ToastBody, toasts }) => {
    const id = toasts.show({
      message: createElement(ToastBody, { message, undo, onDone: () => toasts.hide(id) }),
      autoClose: undo === undefined ? SHOWN_MS : UNDO_MS,
    });
  });
}
