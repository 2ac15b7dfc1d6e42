import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { ProblemCode } from "#contract/problems.ts";
import { problems } from "#contract/problems.ts";
import { isUnavailable } from "#store/availability.ts";
import { sqlState } from "#store/database.ts";
import type { App } from "./app-types.ts";
import { HttpProblem, problemBody, type ProblemExtra } from "./problem.ts";

/** Every error leaves as application/problem+json; causes of 5xx stay in the log, no stack leaves. */
export function handleErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
}

/** Sends the problem that an error stands for; logs it once, with its cause when that is a fault of ours. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { code, extra } = classify(error, request.routeOptions.bodyLimit);
  const { status } = problems[code];
  if (status >= 500 && !refusals.has(code))
    request.log.error({ err: error, code }, "request failed");
  else request.log.info({ code, ...extra.params }, "request refused");
  if (extra.retryAfterSeconds !== undefined)
    void reply.header("retry-after", String(Math.ceil(extra.retryAfterSeconds)));
  if (status === 401) void reply.header("www-authenticate", 'Bearer realm="wavegate"');
  void reply
    .status(status)
    .header("content-type", "application/problem+json")
    .header("cache-control", "no-store")
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemBody(code, extra, request.url.split("?")[0] ?? ""));
}

/** Told to a client on purpose, whatever the status: a crowd must not fill the log with faults. */
const refusals: ReadonlySet<ProblemCode> = new Set(["trace.busy"]);

function classify(
  error: unknown,
  bodyLimit: number | undefined,
): { code: ProblemCode; extra: ProblemExtra } {
  if (error instanceof HttpProblem) return { code: error.code, extra: error.extra };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: `${error.validationContext ?? "body"}${issue.instancePath.replaceAll("/", ".")}`,
      message: issue.message ?? "is not valid",
    }));
    return { code: "request.invalid", extra: { errors } };
  }
  if (isUnavailable(error))
    return { code: "database.unavailable", extra: { retryAfterSeconds: 5 } };
  if (sqlState(error) === "53100") return { code: "database.full", extra: {} };
  // NUL, and half a surrogate pair: JSON may hold them, PostgreSQL's text or jsonb may not.
  if (/^(22021|22P05)$/.test(sqlState(error) ?? "") || isHalfSurrogate(error))
    return {
      code: "request.invalid",
      extra: { detail: "A text holds a character that cannot be stored." },
    };
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    if (error.statusCode === 413)
      return { code: "request.too_large", extra: { params: { limitBytes: bodyLimit ?? null } } };
    if (error.statusCode === 415) return { code: "request.media_type", extra: {} };
    if (error.statusCode === 404) return { code: "request.not_found", extra: {} };
    if (error.statusCode < 500)
      return { code: "request.invalid", extra: { detail: error.message } };
  }
  return { code: "internal", extra: {} };
}

/** Only the detail tells it from other JSON that the database refuses, which would be a bug. */
function isHalfSurrogate(error: unknown): boolean {
  if (sqlState(error) !== "22P02") return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("detail" in cause && /surrogate/i.test(String(cause.detail))) return true;
  return false;
}
