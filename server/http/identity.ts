import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { parseIpAddress } from "#protocol/resolution/ip-address.ts";
import type { Database, Queryable } from "#store/database.ts";
import {
  clearFailures,
  countFailure,
  deleteSession,
  findBlock,
  findSession,
  findToken,
  insertSession,
  touchSession,
  touchToken,
} from "#store/people.ts";
import { lesserRole } from "./access.ts";
import type { Actor } from "./app-types.ts";
import { hashSecret, newSecret } from "./credentials.ts";
import { HttpProblem } from "./problem.ts";

const COOKIE = "wavegate_session";
const SESSION_MS = 7 * 24 * 3600_000;
const TOUCH_MS = 60_000;

/** What one guesser may try: an address, or a person who is signed in. */
const GUESSER_LIMITS = {
  allowed: 5,
  windowMs: 15 * 60_000,
  firstBlockMs: 15_000,
  maxBlockMs: 3600_000,
};
/** What all guessers together may try at one name: slows a crowd, and locks nobody out for long. */
export const NAME_LIMITS = {
  allowed: 100,
  windowMs: 15 * 60_000,
  firstBlockMs: 5_000,
  maxBlockMs: 60_000,
};

/** Sessions, tokens and throttling: who is it, and have they guessed too often? */
export interface Identity {
  readonly authenticate: (request: FastifyRequest) => Promise<Actor | null>;
  /** Stores a session and sets its cookie on the reply. */
  readonly signIn: (
    tx: Queryable,
    request: FastifyRequest,
    reply: FastifyReply,
    userId: string,
  ) => Promise<void>;
  readonly signOut: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  /**
   * Runs one guess under the throttles of who guesses and of the name that is guessed at: `null` is a
   * wrong guess and counts against both. Guesses of one guesser take turns, or a hundred at once would
   * all be weighed as the first.
   */
  readonly throttled: <T>(
    target: { readonly guesser: string; readonly name?: string },
    guess: () => Promise<T | null>,
  ) => Promise<T | null>;
}

export function createIdentity(deps: { db: Database; now: () => Date }): Identity {
  const { db, now } = deps;
  const inTurn = createTurns();

  async function refuseBlocked(throttles: readonly Throttle[]): Promise<void> {
    for (const { key, limits } of throttles) {
      const until = await findBlock(db, key, now());
      if (until === null) continue;
      const leftMs = until.getTime() - now().getTime();
      // Set by a clock that has been put back since: it would last for as long as that.
      if (leftMs > limits.maxBlockMs) continue;
      const retryAfterSeconds = Math.max(1, leftMs / 1000);
      throw new HttpProblem("auth.throttled", {
        retryAfterSeconds,
        params: { until: until.toISOString() },
      });
    }
  }

  async function bySession(secret: string): Promise<Actor | null> {
    const found = await findSession(db, hashSecret(secret), now());
    if (found === null) return null;
    const { session, user } = found;
    if (now().getTime() - session.lastSeenAt.getTime() > TOUCH_MS)
      await touchSession(db, session.id, now(), new Date(now().getTime() + SESSION_MS));
    return { kind: "user", id: user.id, name: user.name, role: user.role, sessionId: session.id };
  }

  async function byToken(secret: string): Promise<Actor | null> {
    const found = await findToken(db, hashSecret(secret), now());
    if (found === null) return null;
    const { token: row, owner } = found;
    if (row.lastUsedAt === null || now().getTime() - row.lastUsedAt.getTime() > TOUCH_MS)
      await touchToken(db, row.id, now());
    return {
      kind: "token",
      id: row.id,
      name: `token ${row.name}`,
      role: lesserRole(row.role, owner.role),
      sessionId: null,
    };
  }

  return {
    async authenticate(request) {
      const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
      if (bearer !== undefined) return byToken(bearer);
      const cookie = request.cookies[COOKIE];
      return cookie === undefined || cookie === "" ? null : bySession(cookie);
    },
    async signIn(tx, request, reply, userId) {
      const { secret, hash } = newSecret("wgs");
      const expiresAt = new Date(now().getTime() + SESSION_MS);
      await insertSession(tx, {
        tokenHash: hash,
        userId,
        expiresAt,
        address: request.ip,
        userAgent: (request.headers["user-agent"] ?? "").slice(0, 300),
      });
      reply.setCookie(COOKIE, secret, { ...cookieOptions(request), maxAge: SESSION_MS / 1000 });
    },
    async signOut(request, reply) {
      const actor = request.actor;
      if (actor?.sessionId != null) await deleteSession(db, actor.id, actor.sessionId);
      reply.clearCookie(COOKIE, cookieOptions(request));
    },
    throttled({ guesser, name }, guess) {
      const throttles: Throttle[] = [{ key: guesser, limits: GUESSER_LIMITS }];
      if (name !== undefined)
        throttles.push({ key: `name:${name.toLowerCase()}`, limits: NAME_LIMITS });
      return inTurn(guesser, async () => {
        await refuseBlocked(throttles);
        const result = await guess();
        for (const { key, limits } of throttles) {
          if (result === null) await countFailure(db, key, now(), limits);
          else await clearFailures(db, key);
        }
        return result;
      });
    },
  };
}

interface Throttle {
  readonly key: string;
  readonly limits: typeof GUESSER_LIMITS;
}

function cookieOptions(request: FastifyRequest): CookieSerializeOptions {
  return { path: "/", httpOnly: true, sameSite: "strict", secure: request.protocol === "https" };
}

/**
 * Whose guesses an address stands for: itself, or with IPv6 its /64, as that many addresses belong
 * to one customer.
 */
export function guesserAt(address: string): string {
  const parsed = parseIpAddress(address.replace(/%.*$/, ""));
  if (parsed === null || parsed.family === 4) return address;
  const [high, low] = [parsed.bytes.slice(0, 12), parsed.bytes.slice(12)];
  const isMapped = high.every((byte, index) => byte === (index < 10 ? 0 : 255));
  if (isMapped) return low.join(".");
  const words = [0, 2, 4, 6].map((at) => (high[at] ?? 0) * 256 + (high[at + 1] ?? 0));
  return `${words.map((word) => word.toString(16)).join(":")}::/64`;
}

/** Runs functions of the same key one after the other, in the order of their calls. */
function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return async function inTurn<T>(key: string, run: () => Promise<T>): Promise<T> {
    const before = last.get(key) ?? Promise.resolve();
    const mine = Promise.allSettled([before]).then(run);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
