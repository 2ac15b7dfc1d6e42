import { type TextValues, useText } from "../../text/use-text.tsx";
import { x2xTermsText } from "../../text/x2x-terms.ts";
import type { Faults, X2xDraft } from "./draft.ts";

/** What the fields of every step are given. */
export interface FieldsProps {
  readonly draft: X2xDraft;
  readonly set: (part: Partial<X2xDraft>) => void;
  /** What is to be said at a field; null: nothing. */
  readonly faultAt: (field: string) => string | null;
}

/** Words of terms, with codes that come from elsewhere. */
export function useTerms() {
  return useText(x2xTermsText);
}

/** What the appliance said of a field: in our words where its code is known. */
export function useFaultWord(): (code: string, link?: string) => string {
  const t = useTerms();
  const words: Readonly<Record<string, string>> = x2xTermsText;
  return (code, link = "") =>
    `fault.${code}` in words ? t(`fault.${code}` as keyof typeof x2xTermsText, { link }) : code;
}

/** Faults of a draft in words, for the fields. */
export function useFaultAt(faults: Faults): FieldsProps["faultAt"] {
  const word = useFaultWord();
  return (field) => {
    const code = faults[field];
    return code === undefined ? null : word(code);
  };
}

export type TermsKey = keyof typeof x2xTermsText;
export type { TextValues };
