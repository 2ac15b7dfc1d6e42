/** What lies between one BEGIN and its END (RFC 7468), header lines of RFC 1421 apart. */
export interface PemBlock {
  readonly label: string;
  /** Its whole text, armour included, in plain line ends: what OpenSSL wants for encrypted keys. */
  readonly text: string;
  /** `Proc-Type`, `DEK-Info`: the marks of a traditionally encrypted key. */
  readonly headers: readonly string[];
  /** Null when the body is not base64. */
  readonly der: Uint8Array | null;
  /** Line of BEGIN, from 1. */
  readonly line: number;
}

/** A BEGIN without END, or an END without BEGIN: the file was cut or pasted in part. */
export interface BrokenBlock {
  readonly label: string;
  readonly line: number;
  readonly missing: "begin" | "end";
}

export interface PemParts {
  readonly blocks: readonly PemBlock[];
  readonly broken: readonly BrokenBlock[];
}

const beginLine = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;
const endLine = /^-----END ([A-Z0-9 ]{1,64})-----$/;
const headerLine = /^[A-Za-z][A-Za-z0-9-]{0,63}: ?.*$/;
const base64Body = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Finds every PEM block in `text`, in time linear in its length. Forgiven: any line ends, indentation,
 * trailing spaces, blank lines, text between blocks, line ends lost in a form field or written as `\n`
 * (environment variables, JSON). Not forgiven: an END whose label is another.
 */
export function splitPem(text: string): PemParts {
  const blocks: PemBlock[] = [];
  const broken: BrokenBlock[] = [];
  let open: { label: string; line: number; lines: string[] } | null = null;
  for (const [index, raw] of toLines(text).entries()) {
    const line = raw.trim();
    const begin = beginLine.exec(line)?.[1];
    const end = endLine.exec(line)?.[1];
    if (begin !== undefined) {
      if (open !== null) broken.push({ label: open.label, line: open.line, missing: "end" });
      open = { label: begin, line: index + 1, lines: [] };
    } else if (end !== undefined) {
      if (open?.label === end) blocks.push(readBlock(open));
      else if (open === null) broken.push({ label: end, line: index + 1, missing: "begin" });
      else broken.push({ label: open.label, line: open.line, missing: "end" });
      open = null;
    } else open?.lines.push(line);
  }
  if (open !== null) broken.push({ label: open.label, line: open.line, missing: "end" });
  return { blocks, broken };
}

function toLines(text: string): string[] {
  const unescaped =
    text.includes("-----\\n") || text.includes("-----\\r\\n")
      ? text.replaceAll("\\r", "").replaceAll("\\n", "\n")
      : text;
  return unescaped
    .replace(/(-----(?:BEGIN|END) [A-Z0-9 ]{1,64}-----)(?=[^\r\n])/g, "$1\n")
    .replace(/(?<=[^\r\n])(-----(?:BEGIN|END) [A-Z0-9 ]{1,64}-----)/g, "\n$1")
    .split(/\r\n|\r|\n/);
}

function readBlock(open: { label: string; line: number; lines: string[] }): PemBlock {
  const firstBody = open.lines.findIndex((line) => line !== "" && !headerLine.test(line));
  const at = firstBody === -1 ? open.lines.length : firstBody;
  const headers = open.lines.slice(0, at).filter((line) => line !== "");
  const body = open.lines.slice(at).join("").replace(/\s+/g, "");
  const isBase64 = body !== "" && body.length % 4 === 0 && base64Body.test(body);
  const wrapped = body.match(/.{1,64}/g) ?? [];
  return {
    label: open.label,
    line: open.line,
    headers,
    der: isBase64 ? new Uint8Array(Buffer.from(body, "base64")) : null,
    text: [
      `-----BEGIN ${open.label}-----`,
      ...(headers.length > 0 ? [...headers, ""] : []),
      ...wrapped,
      `-----END ${open.label}-----`,
      "",
    ].join("\n"),
  };
}
