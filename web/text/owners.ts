/** Who can fix what was found. */
export const ownerText = {
  us: "You can fix this",
  peer: "The other side must fix this",
  /** What is no error can be left as it is. */
  peerMay: "The other side can fix this",
  network: "It lies between you and them",
  nobody: "Nobody has to do anything",
} as const;
