/**
 * X2X links and our names that have to be on one appliance together: a link and the names that it speaks for, and with them
 * every link that shares one of those names. Without this a name's stanzas would pass by the link that was agreed for them.
 */
export interface Groups {
  /** By link: the group, which is called by its first link. */
  readonly ofLink: ReadonlyMap<string, string>;
  readonly ofName: ReadonlyMap<string, string>;
}

export function groupsOf(
  links: readonly { readonly id: string; readonly names: readonly string[] }[],
): Groups {
  const ofLink = new Map<string, string>();
  const ofName = new Map<string, string>();
  const sorted = links.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  for (const { id, names } of sorted) {
    const joined = new Set(names.flatMap((name) => ofName.get(name) ?? []));
    const [group = id] = [...joined].toSorted();
    for (const members of [ofLink, ofName])
      for (const [member, old] of members) if (joined.has(old)) members.set(member, group);
    ofLink.set(id, group);
    for (const name of names) ofName.set(name, group);
  }
  return { ofLink, ofName };
}
