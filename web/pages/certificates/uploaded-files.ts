/** A piece that the person gave: a file as base64, or pasted text. */
export interface UploadedFile {
  readonly name: string;
  readonly base64?: string;
  readonly text?: string;
}

export const MOST_FILES = 20;
export const MOST_BYTES = 256 * 1024;

/** Reads a chosen file whole; null when it cannot be read (moved, or no permission). */
export async function readFile(file: File): Promise<UploadedFile | null> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { name: file.name.slice(0, 255), base64: toBase64(bytes) };
  } catch {
    return null;
  }
}

/** Adds files; one of the same name takes the place of the earlier one. */
export function withFiles(
  files: readonly UploadedFile[],
  added: readonly UploadedFile[],
): readonly UploadedFile[] {
  const names = new Set(added.map((file) => file.name));
  return [...files.filter((file) => !names.has(file.name)), ...added].slice(0, MOST_FILES);
}

function toBase64(bytes: Uint8Array): string {
  // In slices: a call has room for some ten thousand arguments only.
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192)
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(text);
}
