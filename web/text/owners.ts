/** Who can mend a finding. */
export const ownerText = {
  us: "You can mend this",
  peer: "The other side must mend this",
  network: "It lies in the network between",
  nobody: "Nobody has to do anything",
} as const;
