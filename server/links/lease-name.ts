/** The lease that whoever serves a link holds. */
export function leaseNameOf(linkId: string): string {
  return `links/${linkId}`;
}
