import { useCallback } from "react";
import { useIntl } from "react-intl";

/** "15.4 kB" for a number of bytes. */
export function useBytes(): (bytes: number) => string {
  const intl = useIntl();
  return useCallback(
    (bytes: number) => {
      const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
      const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
      // "short" says "428 byte" beside "15.4 kB".
      if (power === 0) return `${intl.formatNumber(bytes)} B`;
      return intl.formatNumber(bytes / 1000 ** power, {
        style: "unit",
        unit: units[power] ?? "byte",
        unitDisplay: "short",
        maximumFractionDigits: 1,
      });
    },
    [intl],
  );
}
