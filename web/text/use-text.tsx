import { Fragment, type ReactNode, useMemo } from "react";
import { useIntl } from "react-intl";

/** Messages of one place, ICU format, by code. */
export type Catalogue = Readonly<Record<string, string>>;
export type TextValues = Readonly<
  Record<string, string | number | boolean | Date | null | undefined>
>;
export type RichValues = Readonly<
  Record<string, ReactNode | Date | ((chunks: ReactNode[]) => ReactNode)>
>;

export interface Text<K extends string> {
  /** A sentence with its values filled in. */
  (key: K, values?: TextValues): string;
  /** The same with elements: `<b>name</b>` in the message is the function `b` in `values`. */
  readonly rich: (key: K, values: RichValues) => ReactNode;
}

/** The words of a catalogue: `const t = useText(domainsText); t("title")`. */
export function useText<C extends Catalogue>(catalogue: C): Text<keyof C & string> {
  const intl = useIntl();
  return useMemo(() => {
    const message = (key: string) => ({ id: key, defaultMessage: catalogue[key] ?? key });
    const say = (key: string, values?: TextValues) =>
      intl.formatMessage(message(key), values as Record<string, string> | undefined);
    const rich = (key: string, values: RichValues) => {
      const parts = intl.formatMessage(message(key), values as Record<string, ReactNode>);
      return Array.isArray(parts)
        ? parts.map((part, index) => <Fragment key={index}>{part as ReactNode}</Fragment>)
        : (parts as ReactNode);
    };
    return Object.assign(say, { rich });
  }, [intl, catalogue]);
}
