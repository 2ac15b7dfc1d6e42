import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { after } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import type { Certificate, CertificateActivation } from "#contract/certificates.ts";
import { domains } from "#store/schema.ts";
import { openTestApp } from "./app.ts";
import { createCertificateLab, type LabCertificate } from "./certificate-lab.ts";

export const BASE = "/api/v1/certificates";

/** Key, certificate and chain in one pasted text. */
export const bundle = (one: LabCertificate, ...more: LabCertificate[]) => ({
  files: [
    { name: "bundle.pem", text: [one.keyPem, one.pem, ...more.map((other) => other.pem)].join("") },
  ],
});

/** Extension lines with these DNS names. */
export const names = (...all: string[]) => ({
  extensions: [`subjectAltName = ${all.map((name) => `DNS:${name}`).join(", ")}`],
});

/**
 * A test appliance that serves `example.com`, with HTTPS on `host` and a laboratory's root trusted.
 * Everything that it answers and logs is remembered, to be searched for keys.
 */
export async function openCertificateApp(host: string) {
  const lab = createCertificateLab();
  after(() => lab.close());
  const root = lab.root();
  const intermediate = lab.issue({
    subject: "/O=Lab/CN=Intermediate",
    issuer: root,
    extensions: ["basicConstraints = critical, CA:TRUE"],
  });
  const good = lab.leaf(intermediate, "example.com", {
    ...names("example.com", "wave.example.com"),
    key: "rsa:2048",
  });
  const next = lab.leaf(intermediate, "example.com", names("example.com"));
  const app = await openTestApp({ httpsHost: host, trustedRoots: [root.pem] });
  await app.store.db.insert(domains).values({ domain: "example.com" });
  const answers: string[] = [];

  async function call(method: string, url: string, body?: unknown, extra = {}) {
    const answer = await app.request("admin", method, url, body, extra);
    answers.push(answer.body, JSON.stringify(answer.headers));
    return answer;
  }
  async function save(one: LabCertificate, ...more: LabCertificate[]): Promise<Certificate> {
    const answer = await call("POST", BASE, bundle(one, ...more));
    assert.equal(answer.statusCode, 201, answer.body);
    return answer.json();
  }
  async function activate(id: string): Promise<CertificateActivation> {
    const answer = await call("POST", `${BASE}/${id}/activation`, { use: "https" });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  }

  /** No answer and no log line has a key of ours in PEM, hexadecimal or base64, nor what else is given. */
  function assertNothingTold(...others: string[]): void {
    const told = [...answers, ...app.logLines].join("\n");
    assert(answers.length > 20 && app.logLines.length > 20);
    const keys = [good, next].flatMap((one) => {
      const body = one.keyPem.split("\n").slice(1, -2).join("");
      const end = Buffer.from(body, "base64").subarray(-24);
      const line = one.keyPem.split("\n")[2] ?? "";
      return [line, body.slice(80, 120), end.toString("hex"), end.toString("base64")];
    });
    for (const secret of [...keys, "BEGIN PRIVATE KEY", ...others]) {
      assert(secret.length > 8);
      assert.equal(told.includes(secret), false, secret);
    }
  }

  function dial() {
    return {
      host: host,
      port: app.https.state().port ?? 0,
      servername: "example.com",
      ca: root.pem,
      checkServerIdentity: () => undefined,
    };
  }

  /** One request over a connection of its own, verified against the lab's root. */
  function get(path: string, options: { method?: string; body?: string } = {}) {
    return new Promise<{
      status: number;
      body: string;
      headers: Record<string, unknown>;
      chainLength: number;
    }>((resolve, reject) => {
      const sent = httpsRequest(
        {
          ...dial(),
          path,
          agent: false,
          method: options.method ?? "GET",
          headers: { "content-type": "application/json" },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          const socket = answer.socket as TLSSocket;
          let chainLength = 0;
          for (
            let one = socket.getPeerCertificate(true);
            one.issuerCertificate !== undefined &&
            one.issuerCertificate.fingerprint256 !== one.fingerprint256;
            one = one.issuerCertificate
          )
            chainLength++;
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: Buffer.concat(chunks).toString(),
              headers: answer.headers,
              chainLength,
            }),
          );
        },
      );
      sent.on("error", reject);
      sent.end(options.body);
    });
  }

  /** A request whose headers are sent only in part until `finish`. */
  async function openStream() {
    const socket = connect(dial());
    await new Promise((resolve, reject) =>
      socket.once("secureConnect", resolve).once("error", reject),
    );
    socket.write("GET /api/v1/session HTTP/1.1\r\nhost: x\r\n");
    return {
      finish: () =>
        new Promise<number>((resolve, reject) => {
          socket.once("data", (data) => {
            resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]));
            socket.destroy();
          });
          socket.once("error", reject).once("close", () => reject(new Error("closed")));
          socket.write("connection: close\r\n\r\n");
        }),
    };
  }

  function servedNow(session?: Buffer) {
    return new Promise<{
      fingerprint: string | undefined;
      session: Buffer | undefined;
      isReused: boolean;
    }>((resolve, reject) => {
      const socket = connect({
        ...dial(),
        maxVersion: "TLSv1.2",
        ...(session === undefined ? {} : { session }),
      });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve({
          fingerprint: socket.getPeerX509Certificate()?.fingerprint256,
          session: socket.getSession(),
          isReused: socket.isSessionReused(),
        });
        socket.destroy();
      });
    });
  }

  return {
    ...app,
    lab,
    root,
    intermediate,
    good,
    next,
    call,
    save,
    activate,
    get,
    openStream,
    servedNow,
    assertNothingTold,
    answers,
  };
}
