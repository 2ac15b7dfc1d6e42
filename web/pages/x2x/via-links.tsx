import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { X2xLink } from "#contract/x2x.ts";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { LinkState } from "./link-marks.tsx";
import { useX2xLinks } from "./use-x2x-links.ts";
import classes from "./x2x.module.css";

/** The X2X links that carry a peer's stanzas; nothing where there is none. */
export function ViaRemote(props: { readonly domain: string; readonly hasSubdomains: boolean }) {
  const { domain, hasSubdomains } = props;
  const isMeant = (name: string) =>
    name === domain || (hasSubdomains && name.endsWith(`.${domain}`));
  return <Via links={useLinks(1, isMeant)} />;
}

/** The X2X links that names of ours use. */
export function ViaLocal({ names }: { readonly names: readonly string[] }) {
  return <Via links={useLinks(0, (name) => names.includes(name))} />;
}

function useLinks(side: 0 | 1, isMeant: (name: string) => boolean): readonly X2xLink[] {
  return useX2xLinks().filter(({ agreement }) => agreement.sides[side].domains.some(isMeant));
}

function Via({ links }: { readonly links: readonly X2xLink[] }) {
  const t = useText(x2xText);
  if (links.length === 0) return null;
  return (
    <div className={classes.via}>
      {t.rich(links.length === 1 ? "viaLink" : "viaLinks", {
        links: () => (
          <span key="links" className={classes.via}>
            {links.map((link) => (
              <Fragment key={link.id}>
                <Link to="/connections/x2x/$id" params={{ id: link.id }}>
                  {link.name}
                </Link>
                <LinkState link={link} />
              </Fragment>
            ))}
          </span>
        ),
      })}
    </div>
  );
}
