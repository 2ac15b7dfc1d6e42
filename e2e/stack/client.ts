import type { z } from "zod";

const REQUEST_TIMEOUT_MS = 30_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, or the text when it is none, or null when there is no body. */
  readonly body: unknown;
}

/** Speaks to one appliance's API as a script would: with a token. */
export interface Client {
  readonly request: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** The parsed answer; throws on any status other than 2xx, with the problem it gave. */
  readonly read: <S extends z.ZodType>(
    schema: S,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<z.infer<S>>;
  /** As `read`, for answers without a body. */
  readonly send: (method: string, path: string, body?: unknown) => Promise<void>;
}

export function createClient(baseUrl: string, token: string | null): Client {
  const request = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new Error(`${method} ${path}: ${String(error)}`, { cause: error });
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  };
  const accepted = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await request(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  return {
    request,
    read: async (schema, method, path, body) =>
      schema.parse((await accepted(method, path, body)).body),
    send: async (method, path, body) => void (await accepted(method, path, body)),
  };
}

function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
