import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import {
  IconLogout,
  IconPlayerPause,
  IconPlayerPlay,
  IconSelector,
  IconUserCircle,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { call } from "../api/client.ts";
import { useLive } from "../api/live-context.tsx";
import { useSession } from "../api/session.ts";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./shell.module.css";

const ROLE = { owner: "roleOwner", admin: "roleAdmin", auditor: "roleAuditor" } as const;

/** Who is signed in, with what belongs to the person: account, appearance, live updates, leaving. */
export function PersonMenu() {
  const t = useText(shellText);
  const session = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const live = useLive();
  const isPaused = live.state.kind === "paused";

  async function signOut(): Promise<void> {
    // Gone or unreachable: either way nobody is signed in here afterwards.
    await call("DELETE /api/v1/session").catch(() => null);
    client.clear();
    await navigate({ to: "/login" });
  }

  return (
    <Menu position="top-start" width={220} withinPortal>
      <Menu.Target>
        <UnstyledButton
          className={classes.person}
          aria-label={t("signedInAs", { name: session.name, role: t(ROLE[session.role]) })}
        >
          <IconUserCircle size={24} stroke={1.5} aria-hidden="true" />
          <span style={{ flex: 1, minWidth: 0 }}>
            <span className={classes.personName} style={{ display: "block" }}>
              {session.name}
            </span>
            <span className={classes.personRole}>{t(ROLE[session.role])}</span>
          </span>
          <IconSelector size={16} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconUserCircle size={16} />}
          renderRoot={(props) => <Link to="/account" {...props} />}
        >
          {t("account")}
        </Menu.Item>
        <Menu.Item
          leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={() => live.setPaused(!isPaused)}
        >
          {isPaused ? t("resumeLive") : t("pauseLive")}
        </Menu.Item>
        <Menu.Divider />
        <SchemeItems />
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES = [
  { value: "auto", label: "themeAuto" },
  { value: "light", label: "themeLight" },
  { value: "dark", label: "themeDark" },
] as const;

function SchemeItems() {
  const t = useText(shellText);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu.Label>{t("theme")}</Menu.Label>
      <Menu.RadioGroup
        value={colorScheme}
        onChange={(value) =>
          setColorScheme(SCHEMES.find((scheme) => scheme.value === value)?.value ?? "auto")
        }
      >
        {SCHEMES.map(({ value, label }) => (
          <Menu.RadioItem key={value} value={value}>
            {t(label)}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </>
  );
}
