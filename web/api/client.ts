import { ApiProblem, readProblem } from "./problem.ts";
import type { RouteName, Routes } from "./routes.ts";

type ParamName<R extends string> = R extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamName<`/${Tail}`>
    : Rest
  : never;

type ParamsPart<R extends string> = [ParamName<R>] extends [never]
  ? unknown
  : { params: Record<ParamName<R>, string> };
type QueryPart<S> = S extends { query: infer Q }
  ? { query?: { readonly [K in keyof Q]: Q[K] | undefined } }
  : unknown;
type BodyPart<S> = S extends { body: infer B } ? { body: B } : unknown;

/** What a route is called with: its path's parameters, its query, its body. */
export type CallInput<R extends RouteName> = ParamsPart<R> &
  QueryPart<Routes[R]> &
  BodyPart<Routes[R]>;
export type CallOutput<R extends RouteName> = Routes[R]["response"];
export type CallArguments<R extends RouteName> =
  Record<never, never> extends CallInput<R> ? [input?: CallInput<R>] : [input: CallInput<R>];

interface AnyInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
}

/** Calls a route of the contract; throws only `ApiProblem`. */
export async function call<R extends RouteName>(
  route: R,
  ...[input]: CallArguments<R>
): Promise<CallOutput<R>> {
  return send(route, input);
}

/** The same with the input as one value that may be missing, and a signal whose abort is thrown. */
export async function send<R extends RouteName>(
  route: R,
  input: CallInput<R> | undefined,
  signal?: AbortSignal,
): Promise<CallOutput<R>> {
  const { body, ...rest }: AnyInput = input ?? {};
  const response = await request(addressOf(route, rest), {
    method: route.slice(0, route.indexOf(" ")),
    credentials: "same-origin",
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await readProblem(response);
  // The appliance answers by the same schema that `Routes` is made of.
  if (response.status === 204) return null as CallOutput<R>;
  try {
    return (await response.json()) as CallOutput<R>;
  } catch {
    throw new ApiProblem("client.unexpected", response.status, {}, response.headers);
  }
}

/** The address of a route with its parameters filled in; undefined and empty query parts are left out. */
export function addressOf(route: string, input: AnyInput = {}): string {
  const path = route
    .slice(route.indexOf(" ") + 1)
    .replace(/:([a-zA-Z]+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {}))
    if (value !== undefined && value !== null && value !== "") query.set(key, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** Whether the appliance can serve: asked when the live connection is lost, and now and then. */
export async function probe(): Promise<"ok" | "database" | "unreachable"> {
  try {
    const response = await request("/readyz", { method: "GET", cache: "no-store" });
    if (response.ok) return "ok";
    const problem = await readProblem(response);
    return problem.code === "database.unavailable" ? "database" : "unreachable";
  } catch {
    return "unreachable";
  }
}

/** The version of the appliance, as it tells whoever looks after it. */
export async function readVersion(signal: AbortSignal): Promise<string> {
  const response = await request("/healthz", { method: "GET", signal });
  const told: unknown = response.ok ? await response.json() : null;
  return typeof told === "object" && told !== null && "software" in told
    ? String(told.software)
    : "";
}

async function request(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiProblem("client.unreachable", 0);
  }
}
