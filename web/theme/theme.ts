import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

const tide: MantineColorsTuple = [
  "#e9f6f8",
  "#d3eaee",
  "#a6d6de",
  "#7fd3e0",
  "#4bafc0",
  "#2f95a8",
  "#1b7b8f",
  "#0f5c70",
  "#0b4858",
  "#073642",
];

// Mantine takes borders, fields and hovers from these two: slate instead of grey, border steps at 3:1.
const gray: MantineColorsTuple = [
  "#f4f7f8",
  "#edf2f4",
  "#e1e9ec",
  "#d6dfe3",
  "#7f9099",
  "#6a7b84",
  "#50626b",
  "#3d4d55",
  "#293840",
  "#16242b",
];
const dark: MantineColorsTuple = [
  "#e2eaed",
  "#bccad0",
  "#9db0b9",
  "#8699a2",
  "#6b7f89",
  "#1c282e",
  "#10181c",
  "#141d22",
  "#0f171b",
  "#0d1418",
];

/** Sizes, radii and fonts; the colours by meaning are in tokens.css. */
export const theme = createTheme({
  primaryColor: "tide",
  colors: { tide, gray, dark },
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver: resolveVariant,
  black: "#16242b",
  fontFamily:
    '"Atkinson Hyperlegible Next Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SFMono-Regular", "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono", monospace',
  defaultRadius: "md",
  radius: { xs: "0.125rem", sm: "0.25rem", md: "0.375rem", lg: "0.5rem", xl: "0.75rem" },
  respectReducedMotion: true,
  cursorType: "pointer",
  headings: { fontWeight: "650" },
  components: {
    // Menus and tips open inside a landmark of the page's frame, where assistive technology finds them.
    Portal: { defaultProps: { target: "#overlays" } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true, multiline: true, maw: 320 } },
    Modal: {
      defaultProps: { centered: true, radius: "lg", overlayProps: { backgroundOpacity: 0.45 } },
    },
  },
});

/** Colours of buttons by meaning: filled and subtle follow our tokens, red is for what destroys. */
function resolveVariant(input: Parameters<VariantColorsResolver>[0]) {
  const resolved = defaultVariantColorsResolver(input);
  const isRed = input.color === "red";
  if (input.variant === "filled")
    return {
      background: isRed ? "var(--wg-danger)" : "var(--wg-accent)",
      hover: isRed ? "var(--wg-danger-hover)" : "var(--wg-accent-hover)",
      color: isRed ? "var(--wg-on-danger)" : "var(--wg-on-accent)",
      border: "1px solid transparent",
    };
  if (input.variant === "subtle" || input.variant === "light")
    return {
      background: input.variant === "light" ? "var(--wg-accent-soft)" : "transparent",
      hover: "var(--wg-hover)",
      color: isRed ? "var(--wg-failed-fg)" : "var(--wg-accent)",
      border: "1px solid transparent",
    };
  if (input.variant === "default" && isRed) return { ...resolved, color: "var(--wg-failed-fg)" };
  return resolved;
}

/** Mantine's own variables, tied to our tokens so that both schemes hold the contrast that WCAG asks. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: scheme(),
  dark: scheme(),
});

// The defaults are set per scheme, so ours must be too, or theirs would win.
function scheme(): Record<string, string> {
  return {
    "--mantine-color-body": "var(--wg-surface)",
    "--mantine-color-text": "var(--wg-text)",
    "--mantine-color-bright": "var(--wg-text)",
    "--mantine-color-dimmed": "var(--wg-dimmed)",
    "--mantine-color-error": "var(--wg-failed-fg)",
    "--mantine-color-success": "var(--wg-ok-fg)",
    "--mantine-color-placeholder": "var(--wg-dimmed)",
    "--mantine-color-anchor": "var(--wg-accent)",
    "--mantine-color-default": "var(--wg-surface)",
    "--mantine-color-default-hover": "var(--wg-hover)",
    "--mantine-color-default-color": "var(--wg-text)",
    "--mantine-color-default-border": "var(--wg-line-strong)",
    "--mantine-color-disabled": "var(--wg-idle-bg)",
    "--mantine-color-disabled-color": "var(--wg-dimmed)",
    "--mantine-color-disabled-border": "var(--wg-line)",
    "--mantine-primary-color-contrast": "var(--wg-on-accent)",
    "--mantine-color-tide-filled": "var(--wg-accent)",
    "--mantine-color-tide-filled-hover": "var(--wg-accent-hover)",
    "--mantine-color-tide-light": "var(--wg-accent-soft)",
    "--mantine-color-tide-light-hover": "var(--wg-hover)",
    "--mantine-color-tide-light-color": "var(--wg-accent)",
    "--mantine-color-tide-outline": "var(--wg-accent)",
    "--mantine-color-tide-text": "var(--wg-accent)",
    "--mantine-color-red-6": "var(--wg-failed-fg)",
    "--mantine-color-red-filled": "var(--wg-failed-line)",
    "--mantine-color-red-light": "var(--wg-failed-bg)",
    "--mantine-color-red-light-color": "var(--wg-failed-fg)",
    "--mantine-color-red-outline": "var(--wg-failed-fg)",
    "--mantine-color-red-text": "var(--wg-failed-fg)",
  };
}
