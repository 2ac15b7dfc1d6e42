import { Link } from "@tanstack/react-router";
import { streamsText } from "../../text/streams.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./streams.module.css";

/** Links and domains, live streams, X2X links. */
export function SectionTabs() {
  const t = useText(streamsText);
  return (
    <nav aria-label={t("tabs")}>
      <ul className={classes.tabs}>
        <li>
          <Link to="/connections" activeOptions={{ exact: true, includeSearch: false }}>
            {t("tabLinks")}
          </Link>
        </li>
        <li>
          <Link to="/connections/streams" activeOptions={{ exact: true, includeSearch: false }}>
            {t("tabStreams")}
          </Link>
        </li>
        <li>
          <Link to="/connections/x2x" activeOptions={{ exact: true, includeSearch: false }}>
            {t("tabX2x")}
          </Link>
        </li>
      </ul>
    </nav>
  );
}
