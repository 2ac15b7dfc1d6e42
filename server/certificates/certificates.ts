import { randomUUID } from "node:crypto";
import type {
  Certificate as CertificateAnswer,
  CertificatePage,
  CertificatePreview,
  CertificateUpload,
} from "#contract/certificates.ts";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import {
  deleteCertificate,
  findCertificate,
  findCertificatesByFingerprint,
  findHttpsCertificate,
  insertCertificate,
  listCertificates,
  listCertificateUses,
  listFederatedNames,
  listServedNames,
  updateCertificateLabel,
  type CertificateRow,
  type CertificateUse,
} from "#store/certificates.ts";
import type { Database } from "#store/database.ts";
import type { Vault } from "#store/vault.ts";
import { type ActivationProblem, putToUse } from "./activation.ts";
import { assemble } from "./assemble.ts";
import { checkUpload, coverageOf, showUse, type CheckContext } from "./checks.ts";
import { datesFinding } from "./expiry.ts";
import { readUpload, type UploadProblem } from "./import.ts";
import { exportKey } from "./keys.ts";
import {
  auditable,
  compare,
  openKeyPair,
  sealContext,
  toAnswer,
  toPemChain,
  toUse,
  usesOf,
  type KeyPair,
  type Recorder,
} from "./stored.ts";
import type { TrustStore } from "./trust.ts";
import { summarize, titleOf } from "./x509.ts";

/** Our own certificates: looked at, kept with their keys sealed, put to use, rolled back. */
export interface Certificates {
  /** Says what an upload holds and what it is good for; saves nothing. */
  readonly preview: (upload: UploadInput) => Promise<Result<CertificatePreview, UploadProblem>>;
  readonly save: (
    upload: UploadInput,
    by: string,
    record: Recorder,
  ) => Promise<Result<CertificateAnswer, SaveProblem>>;
  readonly list: () => Promise<CertificateAnswer[]>;
  /** The names that we federate ourselves, with what their streams show. */
  readonly names: () => Promise<CertificatePage["xmpp"]>;
  readonly find: (id: string) => Promise<CertificateAnswer | null>;
  readonly rename: (
    id: string,
    label: string,
    record: Recorder,
  ) => Promise<CertificateAnswer | null>;
  /** Puts it to all these uses, or to none. Activating what was replaced last is the roll-back. */
  readonly activate: (
    id: string,
    uses: readonly CertificateUse[],
    by: string,
    record: Recorder,
  ) => Promise<Result<CertificateAnswer, ActivationProblem>>;
  readonly remove: (id: string, record: Recorder) => Promise<Result<null, RemovalProblem>>;
  /** The chain as servers want it, leaf first; public. */
  readonly pem: (id: string) => Promise<string | null>;
  /** What HTTPS serves. */
  readonly httpsKeyPair: () => Promise<KeyPair | null>;
  /** Certificates in use that are ended, not begun or near their end: for overview and incidents. */
  readonly expiring: (now: Date) => Promise<ExpiringCertificate[]>;
  /** End of each certificate in use, for the metric. */
  readonly ends: () => Promise<
    { id: string; label: string; use: CertificateUse; notAfter: Date }[]
  >;
}

export type UploadInput = Pick<CertificateUpload, "files" | "passphrase" | "label">;

export type SaveProblem =
  | UploadProblem
  | { readonly code: "certificate.refused"; readonly findings: readonly Finding[] }
  | { readonly code: "resource.conflict"; readonly id: string };
export type RemovalProblem = { readonly code: "resource.not_found" | "resource.in_use" };

export interface ExpiringCertificate {
  readonly id: string;
  readonly label: string;
  readonly uses: readonly CertificateUse[];
  readonly finding: Finding;
}

export interface CertificatesDeps {
  readonly db: Database;
  readonly vault: Vault;
  readonly trust: TrustStore;
  readonly primitives: Primitives;
  readonly publicUrl: string | null;
  readonly now: () => Date;
}

export function createCertificates(deps: CertificatesDeps): Certificates {
  const { db, vault, trust, primitives, now } = deps;
  const publicHost = hostOf(deps.publicUrl);

  async function checkContext(): Promise<CheckContext> {
    return { trust, primitives, now: now(), names: await listServedNames(db), publicHost };
  }

  /** Everything about an upload, up to but not including the database. */
  async function inspect(upload: UploadInput) {
    const read = readUpload(upload.files, upload.passphrase);
    if (!read.ok) return read;
    const context = await checkContext();
    const assembly = assemble(read.value, context);
    const checks = checkUpload(assembly, read.value, context);
    return ok({ assembly, checks, context });
  }

  async function find(id: string): Promise<CertificateAnswer | null> {
    const row = await findCertificate(db, id);
    return row === null ? null : toAnswer(row, await listCertificateUses(db), await checkContext());
  }

  async function expectFound(id: string): Promise<CertificateAnswer> {
    const found = await find(id);
    if (found === null) throw new Error("certificate vanished");
    return found;
  }

  /** A key that was moved from another row, or sealed with another master key, does not open. */
  function opens(row: CertificateRow): boolean {
    try {
      openKeyPair(row, vault);
      return true;
    } catch {
      return false;
    }
  }

  return {
    async preview(upload) {
      const inspected = await inspect(upload);
      if (!inspected.ok) return inspected;
      const { assembly, checks, context } = inspected.value;
      const active = await findHttpsCertificate(db);
      return ok({
        parts: [...assembly.parts],
        chain: assembly.chain.map(summarize),
        checks,
        coverage: assembly.leaf === null ? [] : coverageOf(assembly.leaf, context),
        canSave: checks.every((check) => check.status !== "failed"),
        compared: active === null || assembly.leaf === null ? null : compare(assembly.leaf, active),
      });
    },

    async save(upload, by, record) {
      const inspected = await inspect(upload);
      if (!inspected.ok) return inspected;
      const { assembly, checks } = inspected.value;
      const { leaf, key, chain } = assembly;
      const failed = checks.filter((check) => check.status === "failed");
      if (failed.length > 0 || leaf === null || key === null)
        return fail({
          code: "certificate.refused",
          findings: failed.flatMap((check) => check.message ?? []),
        });
      const id = randomUUID();
      const der = exportKey(key.object);
      const keySealed = vault.seal(der, sealContext(id));
      der.fill(0);
      const row = {
        id,
        label:
          upload.label?.trim() === "" || upload.label === undefined
            ? titleOf(leaf)
            : upload.label.trim(),
        names: summarize(leaf).names,
        fingerprint: leaf.fingerprint,
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
        chainPem: toPemChain(chain),
        keySealed,
        createdBy: by,
      };
      const twin = await db.transaction(async (tx) => {
        const same = (await findCertificatesByFingerprint(tx, leaf.fingerprint)).find(
          (one) => one.chainPem === row.chainPem,
        );
        if (same !== undefined) return same;
        await insertCertificate(tx, row);
        await record(tx, { action: "create", resourceId: id, after: auditable(row) });
        return null;
      });
      return twin === null
        ? ok(await expectFound(id))
        : fail({ code: "resource.conflict", id: twin.id });
    },

    async list() {
      const rows = await listCertificates(db);
      const uses = await listCertificateUses(db);
      const context = await checkContext();
      return rows.map((row) => toAnswer(row, uses, context));
    },
    async names() {
      const federated = await listFederatedNames(db);
      return federated.map(({ name, ...use }) => ({ name, ...showUse(use) }));
    },
    find,

    async rename(id, label, record) {
      const isDone = await db.transaction(async (tx) => {
        const before = await findCertificate(tx, id);
        const after = before === null ? null : await updateCertificateLabel(tx, id, label);
        if (before === null || after === null) return false;
        await record(tx, {
          action: "update",
          resourceId: id,
          before: { label: before.label },
          after: { label },
        });
        return true;
      });
      return isDone ? expectFound(id) : null;
    },

    async activate(id, uses, by, record) {
      const row = await findCertificate(db, id);
      if (row === null) return fail({ code: "resource.not_found" });
      if (row.notAfter < now()) return fail({ code: "certificate.unusable", reason: "expired" });
      if (!opens(row)) return fail({ code: "certificate.unusable", reason: "key" });
      const problem = await db.transaction((tx) =>
        putToUse(tx, row, uses, { by, primitives, record }),
      );
      return problem === null ? ok(await expectFound(id)) : fail(problem);
    },

    async remove(id, record) {
      return db.transaction(async (tx) => {
        const removed = await deleteCertificate(tx, id);
        if (typeof removed === "string") return fail({ code: `resource.${removed}` });
        await record(tx, { action: "delete", resourceId: id, before: auditable(removed) });
        return ok(null);
      });
    },

    async pem(id) {
      return (await findCertificate(db, id))?.chainPem ?? null;
    },

    async httpsKeyPair() {
      const row = await findHttpsCertificate(db);
      return row === null ? null : openKeyPair(row, vault);
    },

    async expiring(at) {
      const uses = await listCertificateUses(db);
      const found = (await listCertificates(db)).map((row) => {
        const { id, label, notBefore, notAfter } = row;
        const own = usesOf(id, uses);
        const finding =
          own.length === 0
            ? null
            : datesFinding({
                domain: label,
                subject: label,
                notBefore,
                notAfter,
                now: at,
                owner: "us",
              });
        return finding === null ? [] : [{ id, label, uses: own, finding }];
      });
      return found.flat();
    },

    async ends() {
      const rows = new Map((await listCertificates(db)).map((row) => [row.id, row]));
      return (await listCertificateUses(db)).flatMap((use) => {
        const row = rows.get(use.certificateId);
        return row === undefined
          ? []
          : [{ id: row.id, label: row.label, use: toUse(use), notAfter: row.notAfter }];
      });
    },
  };
}

function hostOf(url: string | null): string | null {
  return url === null ? null : new URL(url).hostname.replace(/^\[|\]$/g, "");
}
