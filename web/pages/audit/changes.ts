/** One field that an audited change touched, as text. */
export interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** The fields in which two records differ, nested ones by path; what one side lacks is null. */
export function changesOf(before: unknown, after: unknown): readonly FieldChange[] {
  const old = flatten(before);
  const next = flatten(after);
  const changes: FieldChange[] = [];
  for (const field of new Set([...old.keys(), ...next.keys()])) {
    const was = old.get(field) ?? null;
    const is = next.get(field) ?? null;
    if (was !== is) changes.push({ field, before: was, after: is });
  }
  return changes;
}

function flatten(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
  if (value === null || value === undefined) return into;
  if (typeof value === "object" && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value))
      flatten(inner, path === "" ? name : `${path}.${name}`, into);
    return into;
  }
  into.set(path, Array.isArray(value) ? listOf(value) : textOf(value));
  return into;
}

function listOf(values: readonly unknown[]): string {
  return values.length === 0 ? "[]" : values.map(textOf).join(", ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
