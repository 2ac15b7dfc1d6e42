import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Radio } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./peers.module.css";

interface ChoiceProps<V extends string> {
  readonly label: ReactNode;
  readonly value: V;
  readonly options: readonly (readonly [value: V, label: string, help: string])[];
  readonly onChange: (value: V) => void;
}

/** A few words to choose from, each with what it means. */
export function Choice<V extends string>({ label, value, options, onChange }: ChoiceProps<V>) {
  const name = useId();
  return (
    <Radio.Group
      label={label}
      value={value}
      name={name}
      onChange={(next) => onChange(options.find(([one]) => one === next)?.[0] ?? value)}
    >
      <div className={classes.radios}>
        {options.map(([one, title, help]) => (
          <Radio key={one} value={one} label={title} description={help} />
        ))}
      </div>
    </Radio.Group>
  );
}
