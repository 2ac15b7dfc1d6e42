import { z } from "zod";

/** Query of every list route: free-text search, `field` or `-field`, opaque cursor, page size. */
export const listQuery = z.object({
  q: z.string().trim().max(255).optional(),
  sort: z
    .string()
    .regex(/^-?[a-zA-Z]+$/)
    .optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ListQuery = z.infer<typeof listQuery>;

/** One page of a list: `next` is the cursor of the following page, `total` counts all matches. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable(), total: z.number().int() });
}
export type Page<T> = { items: T[]; next: string | null; total: number };

export const timestamp = z.iso.datetime({ offset: true });
export const id = z.uuid();
