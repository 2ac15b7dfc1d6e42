import "@mantine/core/styles/InlineInput.layer.css";
import "@mantine/core/styles/Radio.layer.css";
import { Radio, Stack } from "@mantine/core";
import type { Role } from "#contract/people.ts";
import { peopleText } from "../text/people.ts";
import { useText } from "../text/use-text.tsx";

const ROLES: readonly Role[] = ["auditor", "admin", "owner"];

/** A choice of role, each with what it may do; least first. */
export function RoleField(props: {
  readonly label: string;
  readonly value: Role;
  readonly most?: Role;
  readonly onChange: (role: Role) => void;
}) {
  const t = useText(peopleText);
  const offered = ROLES.slice(0, ROLES.indexOf(props.most ?? "owner") + 1);
  return (
    <Radio.Group
      label={props.label}
      value={props.value}
      onChange={(value) => props.onChange(ROLES.find((role) => role === value) ?? "auditor")}
    >
      <Stack gap={6} mt={6}>
        {offered.map((role) => (
          <Radio key={role} value={role} label={t(role)} description={t(`${role}Means`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
