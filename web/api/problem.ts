import type { ProblemCode, ProblemDetails } from "#contract/problems.ts";

/** What can go wrong before the appliance has answered anything we understand. */
export type ClientCode = "client.unreachable" | "client.unexpected";
export type ApiCode = ProblemCode | ClientCode;

/** A call that failed, with the appliance's problem details (RFC 9457) or a code of our own. */
export class ApiProblem extends Error {
  readonly code: ApiCode;
  readonly status: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly detail: string | null;
  /** Messages by field, without the leading `body.`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | null;
  readonly requestId: string | null;

  constructor(
    code: ApiCode,
    status: number,
    details: Partial<ProblemDetails> = {},
    headers?: Headers,
  ) {
    super(code);
    this.name = "ApiProblem";
    this.code = code;
    this.status = status;
    this.params = details.params ?? {};
    this.detail = details.detail ?? null;
    this.fields = Object.fromEntries(
      (details.errors ?? []).map((error) => [error.field.replace(/^body\./, ""), error.message]),
    );
    const retryAfter = Number(headers?.get("retry-after") ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : null;
    this.requestId = headers?.get("x-request-id") ?? null;
  }
}

/** The problem in anything that was thrown; what is not ours is unexpected. */
export function problemOf(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem("client.unexpected", 0);
}

/** Reads an answer's problem; an answer of another kind (a proxy's page) is unexpected. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const isProblem = (response.headers.get("content-type") ?? "").includes("problem+json");
  const body: unknown = isProblem ? await response.json().catch(() => null) : null;
  if (typeof body !== "object" || body === null || !("code" in body))
    return new ApiProblem("client.unexpected", response.status, {}, response.headers);
  const details = body as ProblemDetails;
  // An address with an ill-formed id leads to nothing, like one of what was removed.
  const isBadAddress =
    details.code === "request.invalid" &&
    details.errors?.every((error) => error.field.startsWith("params.")) === true;
  const code = isBadAddress ? "resource.not_found" : (details.code as ApiCode);
  return new ApiProblem(code, response.status, details, response.headers);
}
