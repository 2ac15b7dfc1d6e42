/** What a typed domain looks like to a machine, for the person who types it. */
export interface NameView {
  /** The name as DNS has it, or null while it is no name. */
  readonly ascii: string | null;
  /** Unicode scripts of its letters. */
  readonly scripts: readonly string[];
  /** Letters of several scripts that are not written together: a sign of a look-alike. */
  readonly isMixed: boolean;
}

const scripts = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Armenian",
  "Hebrew",
  "Arabic",
  "Devanagari",
  "Thai",
  "Georgian",
  "Cherokee",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
] as const;
const patterns = scripts.map((name) => ({ name, pattern: new RegExp(`\\p{Script=${name}}`, "u") }));
const together = [
  ["Han", "Hiragana", "Katakana", "Latin"],
  ["Han", "Hangul", "Latin"],
];

/**
 * The appliance decides what a valid name is; this only shows early what will be sent. A URL, a port or a
 * path is no name and gives null.
 */
export function viewName(typed: string): NameView {
  const name = typed.trim().replace(/\.$/, "");
  const found = scriptsOf(name);
  const isMixed = name.split(".").some((label) => mixes(scriptsOf(label)));
  if (name === "" || /[\s/:@?#\\_]/.test(name)) return { ascii: null, scripts: found, isMixed };
  try {
    const { hostname } = new URL(`http://${name}/`);
    return { ascii: hostname === "" ? null : hostname, scripts: found, isMixed };
  } catch {
    return { ascii: null, scripts: found, isMixed };
  }
}

function scriptsOf(text: string): string[] {
  return patterns.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name);
}

function mixes(found: readonly string[]): boolean {
  if (found.length < 2) return false;
  return !together.some((group) => found.every((name) => group.includes(name)));
}
