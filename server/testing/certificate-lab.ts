import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate made by OpenSSL, with files that openssl, Prosody and ejabberd read. */
export interface LabCertificate {
  readonly pem: string;
  readonly der: Uint8Array;
  readonly certificateFile: string;
  readonly keyPem: string;
  readonly keyFile: string;
}

export interface LabRequest {
  /** OpenSSL's notation, `/O=Lab/CN=example.com`; `/` for none. */
  readonly subject: string;
  /** Null: self-signed. */
  readonly issuer: LabCertificate | null;
  /** Lines of an OpenSSL extension section, such as `subjectAltName = DNS:example.com`. */
  readonly extensions?: readonly string[];
  /** More sections for what the lines refer to, `[name]` included. */
  readonly sections?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly key?: "ec" | "ed25519" | `rsa:${number}` | LabCertificate;
  readonly digest?: string;
}

/** Lines for an authority; `pathLength` null: no limit. */
export function authorityLines(pathLength: number | null = null): string[] {
  const limit = pathLength === null ? "" : `, pathlen:${pathLength}`;
  return [
    `basicConstraints = critical, CA:TRUE${limit}`,
    "keyUsage = critical, keyCertSign, cRLSign",
    "subjectKeyIdentifier = hash",
  ];
}

/** Makes certificates of every shape in a temporary folder, about 25 ms each; `close` removes it. */
export function createCertificateLab() {
  const directory = mkdtempSync(join(tmpdir(), "certificate-lab-"));
  let count = 0;

  function run(...args: string[]): string {
    return execFileSync("openssl", args, {
      cwd: directory,
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  function makeKey(kind: LabRequest["key"], file: string): string {
    if (typeof kind === "object") return kind.keyFile;
    const [algorithm = "ec", bits = "2048"] = (kind ?? "ec").split(":");
    const options = {
      ec: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
      rsa: ["RSA", "-pkeyopt", `rsa_keygen_bits:${bits}`],
      ed25519: ["ED25519"],
    }[algorithm];
    run("genpkey", "-algorithm", ...(options ?? []), "-out", file);
    return file;
  }

  function issue(request: LabRequest): LabCertificate {
    const base = join(directory, String(++count));
    const keyFile = makeKey(request.key, `${base}.key`);
    const certificateFile = `${base}.crt`;
    const lines = request.extensions ?? [];
    writeFileSync(
      `${base}.cnf`,
      `[req]\ndistinguished_name = dn\nprompt = no\n[dn]\n[ca]\ndefault_ca = lab\n[lab]\ndatabase = ${base}.db\n` +
        `new_certs_dir = ${directory}\nunique_subject = no\npolicy = any\nrand_serial = yes\n[any]\n` +
        "countryName = optional\norganizationName = optional\norganizationalUnitName = optional\ncommonName = optional\nemailAddress = optional\n" +
        `[extensions]\n${lines.join("\n")}\n${request.sections ?? ""}\n`,
    );
    writeFileSync(`${base}.db`, "");
    run(
      "req",
      "-new",
      "-config",
      `${base}.cnf`,
      "-utf8",
      "-key",
      keyFile,
      "-subj",
      request.subject,
      "-out",
      `${base}.csr`,
    );
    const by = request.issuer;
    const signer =
      by === null
        ? ["-selfsign", "-keyfile", keyFile]
        : ["-cert", by.certificateFile, "-keyfile", by.keyFile];
    run(
      ...[
        "ca",
        "-batch",
        "-notext",
        "-utf8",
        "-preserveDN",
        "-config",
        `${base}.cnf`,
        "-in",
        `${base}.csr`,
        ...signer,
      ],
      ...[
        "-startdate",
        stamp(request.notBefore ?? days(-1)),
        "-enddate",
        stamp(request.notAfter ?? days(365)),
      ],
      ...(lines.length > 0 ? ["-extensions", "extensions"] : []),
      ...[
        "-md",
        request.digest ?? (request.key === "ed25519" ? "null" : "sha256"),
        "-out",
        certificateFile,
      ],
    );
    const pem = readFileSync(certificateFile, "utf8");
    return {
      pem,
      der: pemToDer(pem),
      certificateFile,
      keyPem: readFileSync(keyFile, "utf8"),
      keyFile,
    };
  }

  return {
    directory,
    issue,
    /** Any openssl command, in the lab's folder. */
    openssl: run,
    root: (name = "Lab Root", request: Partial<LabRequest> = {}) =>
      issue({
        subject: `/O=Lab/CN=${name}`,
        issuer: null,
        extensions: authorityLines(),
        ...request,
      }),
    leaf: (issuer: LabCertificate, domain: string, request: Partial<LabRequest> = {}) =>
      issue({
        subject: `/CN=${domain}`,
        issuer,
        extensions: [`subjectAltName = DNS:${domain}`],
        ...request,
      }),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
export type CertificateLab = ReturnType<typeof createCertificateLab>;

/** The first certificate of a PEM text. */
export function pemToDer(pem: string): Uint8Array {
  const body = /-----BEGIN CERTIFICATE-----([^-]+)-----END/.exec(pem)?.[1] ?? "";
  return new Uint8Array(Buffer.from(body, "base64"));
}

export function days(count: number, from = new Date()): Date {
  return new Date(from.getTime() + count * 86_400_000);
}

function stamp(date: Date): string {
  return `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
}
