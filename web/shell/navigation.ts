import {
  IconAffiliate,
  IconCertificate,
  IconHistory,
  IconHome,
  IconKey,
  IconPlugConnected,
  type IconProps,
  IconRoute,
  IconSettings,
  IconUsers,
  IconWorld,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import type { ComponentType } from "react";
import type { shellText } from "../text/shell.ts";

export interface NavigationEntry {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: keyof typeof shellText;
  readonly icon: ComponentType<IconProps>;
  readonly isExact?: boolean;
  /** Shown to admins and owners only. */
  readonly needsAdmin?: boolean;
}

export interface NavigationGroup {
  readonly label: keyof typeof shellText;
  readonly entries: readonly NavigationEntry[];
}

/** The dashboard's map: two groups, one level. */
export const navigation: readonly NavigationGroup[] = [
  {
    label: "watch",
    entries: [
      { to: "/", label: "overview", icon: IconHome, isExact: true },
      { to: "/traces", label: "traces", icon: IconRoute },
      { to: "/peers", label: "peers", icon: IconAffiliate },
      { to: "/connections", label: "connections", icon: IconPlugConnected },
    ],
  },
  {
    label: "configure",
    entries: [
      { to: "/domains", label: "domains", icon: IconWorld },
      { to: "/certificates", label: "certificates", icon: IconCertificate },
      { to: "/users", label: "users", icon: IconUsers },
      { to: "/tokens", label: "tokens", icon: IconKey, needsAdmin: true },
      { to: "/audit", label: "audit", icon: IconHistory },
      { to: "/settings", label: "settings", icon: IconSettings },
    ],
  },
];
