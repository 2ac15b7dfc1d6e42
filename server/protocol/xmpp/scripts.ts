// The scripts that UAX #31 recommends for identifiers or lists as in limited use.
const names = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Armenian",
  "Hebrew",
  "Arabic",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Bopomofo",
  "Devanagari",
  "Bengali",
  "Gurmukhi",
  "Gujarati",
  "Oriya",
  "Tamil",
  "Telugu",
  "Kannada",
  "Malayalam",
  "Sinhala",
  "Thai",
  "Lao",
  "Tibetan",
  "Myanmar",
  "Khmer",
  "Georgian",
  "Ethiopic",
  "Thaana",
  "Cherokee",
  "Canadian_Aboriginal",
  "Mongolian",
  "Syriac",
  "Nko",
  "Tifinagh",
  "Yi",
  "Javanese",
  "Balinese",
  "Coptic",
  "Runic",
] as const;

const matchers = names.map((name) => ({ name, matches: new RegExp(`\\p{Script=${name}}`, "u") }));
const common = /[\p{Script=Common}\p{Script=Inherited}]/u;

/** Scripts of the letters of `text`, in order of appearance; digits, hyphens and dots have none. */
export function listScripts(text: string): string[] {
  const found = new Set<string>();
  for (const character of text) {
    if (common.test(character)) continue;
    found.add(matchers.find((matcher) => matcher.matches.test(character))?.name ?? "Other");
  }
  return [...found];
}

// UTS #39 §5.2 "highly restrictive": the only mixes that people write within one word.
const habitual: readonly (readonly string[])[] = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];

/** Whether one label uses scripts that no language writes together. */
export function mixesScripts(label: string): boolean {
  const scripts = listScripts(label);
  if (scripts.length < 2) return false;
  return !habitual.some((mix) => scripts.every((script) => mix.includes(script)));
}
