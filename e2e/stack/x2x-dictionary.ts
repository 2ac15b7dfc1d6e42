import { readFile } from "node:fs/promises";

/** Dictionary 1 of compressed X2X links, from the page from which others would have it. */
export async function readDictionary(): Promise<Buffer> {
  const page = await readFile("docs/x2x-profile.md", "utf8");
  const [, lines] = /### Dictionary 1\n.*?```text\n(.*?)```/s.exec(page) ?? [];
  if (lines === undefined) throw new Error("the profile has no dictionary");
  return Buffer.from(lines.replaceAll("\n", ""));
}
