import { execFile } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

export interface CertificateFiles {
  /** PEM of the leaf and, when an intermediate signed it, that one after it. */
  readonly chainFile: string;
  readonly keyFile: string;
  readonly chain: string;
  readonly key: string;
}

export interface LeafOptions {
  /** DNS names; the first is the Common Name too. */
  readonly names: readonly string[];
  /** Names of other kinds, as openssl writes them: `URI:...`, `otherName:OID;IA5STRING:...`. */
  readonly otherNames?: readonly string[];
  /** Instead of the first name. */
  readonly commonName?: string;
  readonly days?: number;
  /** The day of issue, for certificates that are expired or not valid yet (by faketime). */
  readonly issuedOn?: string;
  readonly signedBy?: "root" | "intermediate" | "itself";
  /** False leaves the intermediate out of `chain`. */
  readonly withIntermediate?: boolean;
  readonly key?: "ec" | "rsa";
  /** By default both; public authorities give servers the first only. */
  readonly usage?: "serverAuth" | "serverAuth,clientAuth";
}

export interface Authority {
  /** PEM file of the root, to be trusted by servers and appliances. */
  readonly rootFile: string;
  readonly root: string;
  readonly issue: (options: LeafOptions) => Promise<CertificateFiles>;
}

/** A certificate authority of the tests' own, made by the openssl command, with one intermediate. */
export async function createAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true });
  const openssl = createOpenssl(folder);
  await openssl.key("root.key", "ec");
  await openssl.request("root", "/CN=Wavegate test root");
  await openssl.sign("root", { extensions: caExtensions(1), days: 3650 });
  await openssl.key("intermediate.key", "ec");
  await openssl.request("intermediate", "/CN=Wavegate test intermediate");
  await openssl.sign("intermediate", { extensions: caExtensions(0), days: 3650, issuer: "root" });

  let issued = 0;
  return {
    rootFile: join(folder, "root.pem"),
    root: readFileSync(join(folder, "root.pem"), "utf8"),
    issue: async (options) => {
      issued += 1;
      const name = `leaf-${issued}`;
      const { names, signedBy = "root", days = 90, issuedOn } = options;
      await openssl.key(`${name}.key`, options.key ?? "ec");
      await openssl.request(name, `/CN=${options.commonName ?? names[0]}`);
      await openssl.sign(name, {
        extensions: leafExtensions(
          names,
          options.otherNames ?? [],
          options.usage ?? "serverAuth,clientAuth",
        ),
        days,
        ...(signedBy === "itself" ? {} : { issuer: signedBy }),
        ...(issuedOn === undefined ? {} : { issuedOn }),
      });
      return assemble(
        folder,
        name,
        signedBy === "intermediate" && options.withIntermediate !== false,
      );
    },
  };
}

/**
 * SHA-256 of the certificate that `openssl s_client` is shown, asked for by the stream's header or by SNI (`name` null:
 * without); null when there is no TLS. Rejects when nobody listens.
 */
export function shownFingerprint(asked: {
  readonly host: string;
  readonly port: number;
  readonly kind: "starttls" | "direct";
  readonly name: string | null;
}): Promise<string | null> {
  const { host, port, kind, name } = asked;
  const sni = name === null ? ["-noservername"] : ["-servername", name];
  const args = {
    starttls: ["-starttls", "xmpp-server", "-xmpphost", name ?? ""],
    direct: [...sni, "-alpn", "xmpp-server"],
  };
  return new Promise((resolve, reject) => {
    const child = execFile(
      "openssl",
      ["s_client", "-connect", `${host}:${port}`, ...args[kind]],
      { timeout: 15_000 },
      (_, output) => {
        if (!output.includes("CONNECTED")) reject(new Error(`${kind}: not connected`));
        const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(output)?.[0];
        resolve(pem === undefined ? null : new X509Certificate(pem).fingerprint256);
      },
    );
    child.stdin?.end();
  });
}

function assemble(folder: string, name: string, withIntermediate: boolean): CertificateFiles {
  const parts = withIntermediate ? [name, "intermediate"] : [name];
  const chain = parts.map((part) => readFileSync(join(folder, `${part}.pem`), "utf8")).join("");
  const chainFile = join(folder, `${name}.chain.pem`);
  writeFileSync(chainFile, chain);
  const keyFile = join(folder, `${name}.key`);
  return { chain, chainFile, key: readFileSync(keyFile, "utf8"), keyFile };
}

function caExtensions(pathLength: number): string[] {
  return [
    `basicConstraints=critical,CA:TRUE,pathlen:${pathLength}`,
    "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
  ];
}

function leafExtensions(
  names: readonly string[],
  otherNames: readonly string[],
  usage: string,
): string[] {
  return [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature,keyEncipherment",
    `extendedKeyUsage=${usage}`,
    "subjectKeyIdentifier=hash",
    `subjectAltName=${[...names.map((name) => `DNS:${name}`), ...otherNames].join(",")}`,
  ];
}

interface Signing {
  readonly extensions: readonly string[];
  readonly days: number;
  readonly issuer?: string;
  readonly issuedOn?: string;
}

function createOpenssl(folder: string) {
  const path = (file: string) => join(folder, file);
  const run = (args: readonly string[], at?: string) =>
    at === undefined
      ? execute("openssl", [...args], { timeout: 20_000 })
      : execute("faketime", [at, "openssl", ...args], { timeout: 20_000 });
  return {
    key: (file: string, kind: "ec" | "rsa") =>
      run(
        kind === "ec"
          ? [
              "genpkey",
              "-algorithm",
              "EC",
              "-pkeyopt",
              "ec_paramgen_curve:P-256",
              "-out",
              path(file),
            ]
          : [
              "genpkey",
              "-algorithm",
              "RSA",
              "-pkeyopt",
              "rsa_keygen_bits:2048",
              "-out",
              path(file),
            ],
      ),
    request: (name: string, subject: string) =>
      run([
        "req",
        "-new",
        "-key",
        path(`${name}.key`),
        "-subj",
        subject,
        "-out",
        path(`${name}.csr`),
      ]),
    sign: (name: string, signing: Signing) => {
      const extensionFile = path(`${name}.ext`);
      writeFileSync(extensionFile, `${signing.extensions.join("\n")}\n`);
      const signer =
        signing.issuer === undefined
          ? ["-signkey", path(`${name}.key`)]
          : ["-CA", path(`${signing.issuer}.pem`), "-CAkey", path(`${signing.issuer}.key`)];
      const serial = ["-set_serial", `0x1${randomBytes(15).toString("hex")}`];
      return run(
        [
          "x509",
          "-req",
          "-in",
          path(`${name}.csr`),
          ...signer,
          ...serial,
          "-days",
          String(signing.days),
          "-sha256",
        ].concat(["-extfile", extensionFile, "-out", path(`${name}.pem`)]),
        signing.issuedOn,
      );
    },
  };
}
