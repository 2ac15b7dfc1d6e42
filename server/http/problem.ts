import { type ProblemCode, type ProblemDetails, problems } from "#contract/problems.ts";

/** Thrown by HTTP code only, to answer with a problem from the one table. */
export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly extra: ProblemExtra;

  constructor(code: ProblemCode, extra: ProblemExtra = {}) {
    super(code);
    this.code = code;
    this.extra = extra;
  }
}

export interface ProblemExtra {
  readonly detail?: string;
  readonly params?: Record<string, unknown>;
  readonly errors?: { field: string; message: string }[];
  readonly retryAfterSeconds?: number;
}

/** Turns a feature's `{code, ...context}` into the answer; the context becomes `params`. */
export function problemOf(problem: { code: ProblemCode } & Record<string, unknown>): HttpProblem {
  const { code, detail, retryAfterSeconds, ...params } = problem;
  return new HttpProblem(code, {
    ...(typeof detail === "string" ? { detail } : {}),
    ...(typeof retryAfterSeconds === "number" ? { retryAfterSeconds } : {}),
    ...(Object.keys(params).length > 0 ? { params } : {}),
  });
}

/** The RFC 9457 body of a problem. */
export function problemBody(
  code: ProblemCode,
  extra: ProblemExtra,
  instance: string,
): ProblemDetails {
  const { status, title } = problems[code];
  return {
    type: `urn:wavegate:problem:${code}`,
    title,
    status,
    code,
    instance,
    ...(extra.detail === undefined ? {} : { detail: extra.detail }),
    ...(extra.params === undefined ? {} : { params: extra.params }),
    ...(extra.errors === undefined ? {} : { errors: extra.errors }),
  };
}
