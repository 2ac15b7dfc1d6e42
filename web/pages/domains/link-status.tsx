import type { Link } from "#contract/links.ts";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { linkState } from "./link-state.ts";

/** The live state of a link: icon, word, and since when it is attached. */
export function LinkStatus({
  link,
  isPill = false,
}: {
  readonly link: Link;
  readonly isPill?: boolean;
}) {
  const t = useText(domainsText);
  const { tone, word } = linkState(link);
  return (
    <>
      <Status tone={tone} isPill={isPill}>
        {t(word)}
      </Status>
      {link.state === "attached" && link.since !== null && (
        <span className="wg-dimmed">
          {" "}
          {t.rich("attachedSince", {
            time: () => <Time key="since" at={link.since ?? 0} style="elapsed" />,
          })}
        </span>
      )}
    </>
  );
}
