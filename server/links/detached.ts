/**
 * The same text in memory of its own. What is cut out of a larger text keeps all of that one alive, and what is read
 * from a stream is cut out of what one packet brought, 64 kB perhaps: to be used for whatever is remembered for long.
 */
export function detached(text: string): string {
  return Buffer.from(text).toString();
}
