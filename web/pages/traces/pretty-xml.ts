const token = /<[^<>]*>|<?[^<]+|</g;
const maxDepth = 40;

/**
 * Indents a piece of an XML stream for reading. It may be cut anywhere or not be XML at all: what is
 * not understood is kept as it is, and no character is lost but white space between tags.
 */
export function indentXml(xml: string): string {
  const lines: string[] = [];
  let depth = 0;
  let isTextOpen = false;
  for (const [part] of xml.matchAll(token)) {
    const isTag = part.startsWith("<") && part.endsWith(">");
    if (!isTag) {
      if (part.trim() === "") continue;
      isTextOpen = appendText(lines, part, depth);
      continue;
    }
    const isClosing = part.startsWith("</");
    if (isClosing) depth = Math.max(0, depth - 1);
    if (isClosing && (isTextOpen || opensSame(lines.at(-1), part))) {
      lines[lines.length - 1] = `${lines.at(-1) ?? ""}${part}`;
    } else lines.push(`${"  ".repeat(Math.min(depth, maxDepth))}${part}`);
    isTextOpen = false;
    if (!isClosing && !part.endsWith("/>") && !/^<[?!]/.test(part)) depth += 1;
  }
  return lines.join("\n");
}

function appendText(lines: string[], text: string, depth: number): boolean {
  const last = lines.at(-1);
  const isAfterTag = last !== undefined && /<[^/!?][^>]*[^/]?>$/.test(last);
  if (last === undefined || !isAfterTag) {
    lines.push(`${"  ".repeat(Math.min(depth, maxDepth))}${text.trim()}`);
    return false;
  }
  lines[lines.length - 1] = `${last}${text}`;
  return true;
}

/** `<x>` directly before `</x>`: kept on one line. */
function opensSame(line: string | undefined, closing: string): boolean {
  const name = /^<\/\s*([^\s>]+)/.exec(closing)?.[1];
  const opened = /<([^\s/>!?]+)[^<]*>$/.exec(line ?? "");
  return name !== undefined && opened?.[1] === name && !(line ?? "").endsWith("/>");
}
