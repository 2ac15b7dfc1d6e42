import type { ReactNode } from "react";
import classes from "./facts.module.css";

/** Names and values: `[["Issuer", "…"], …]`; a pair whose value is null is left out. */
export function Facts({ items }: { readonly items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {items
        .filter(([, value]) => value !== null && value !== undefined)
        .flatMap(([name, value]) => [
          <dt key={`${name}-name`}>{name}</dt>,
          <dd key={`${name}-value`}>{value}</dd>,
        ])}
    </dl>
  );
}
