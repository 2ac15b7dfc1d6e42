import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Certificates } from "#certificates/certificates.ts";
import type { ServedProbe } from "#certificates/served.ts";
import type { Recorder } from "#certificates/stored.ts";
import type { XmppCertificates } from "#certificates/xmpp-credentials.ts";
import {
  certificate,
  certificateActivation,
  certificateActivationRequest,
  certificatePage,
  certificatePatch,
  certificatePreview,
  certificateUpload,
  maxUploadRequestBytes,
  servedCertificate,
} from "#contract/certificates.ts";
import type { CertificateUse } from "#store/certificates.ts";
import type { Changes } from "#store/changes.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import type { HttpsListener } from "../https-listener.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["certificates"];

/** What these routes need beside the database's news. */
export interface CertificateServices {
  readonly certificates: Certificates;
  readonly https: Pick<HttpsListener, "state" | "reload">;
  readonly served: ServedProbe;
  readonly xmpp: Pick<XmppCertificates, "refresh">;
}

/** Our own certificates. Keys come in by two routes, over a secure transport only, and go out by none. */
export function certificateRoutes(
  app: App,
  deps: CertificateServices & { readonly changes: Changes },
): void {
  const { certificates, https, served, xmpp } = deps;
  const recorder =
    (request: FastifyRequest): Recorder =>
    async (tx, change) => {
      await recordAudit(tx, request, { resource: "certificates", ...change });
      await deps.changes.emit(tx, "certificates");
    };

  app.get(
    "/api/v1/certificates",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: smallListQuery, response: { 200: certificatePage } },
    },
    async (request) => ({
      ...pageOf(await certificates.list(), request.query, {
        text: (item) => [item.label, ...item.names],
        sort: {
          notAfter: (item) => item.notAfter,
          label: (item) => item.label.toLowerCase(),
          created: (item) => item.createdAt,
        },
      }),
      https: https.state(),
      xmpp: await certificates.names(),
    }),
  );

  app.post(
    "/api/v1/certificates/preview",
    {
      config: { role: "admin", takesSecret: true },
      bodyLimit: maxUploadRequestBytes,
      schema: { tags, body: certificateUpload, response: { 200: certificatePreview } },
    },
    async (request) => {
      const preview = await certificates.preview(request.body);
      if (!preview.ok) throw problemOf(preview.problem);
      return preview.value;
    },
  );

  app.post(
    "/api/v1/certificates",
    {
      config: { role: "admin", takesSecret: true },
      bodyLimit: maxUploadRequestBytes,
      schema: { tags, body: certificateUpload, response: { 201: certificate } },
    },
    async (request, reply) => {
      const saved = await certificates.save(request.body, actorOf(request).name, recorder(request));
      if (!saved.ok) throw problemOf(saved.problem);
      return reply
        .status(201)
        .header("location", `/api/v1/certificates/${saved.value.id}`)
        .send(saved.value);
    },
  );

  app.get(
    "/api/v1/certificates/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: certificate } } },
    async (request) => found(await certificates.find(request.params.id)),
  );

  app.patch(
    "/api/v1/certificates/:id",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: certificatePatch, response: { 200: certificate } },
    },
    async (request) =>
      found(await certificates.rename(request.params.id, request.body.label, recorder(request))),
  );

  app.delete(
    "/api/v1/certificates/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const removed = await certificates.remove(request.params.id, recorder(request));
      if (!removed.ok) throw problemOf(removed.problem);
      return reply.status(204).send();
    },
  );

  app.get(
    "/api/v1/certificates/:id/pem",
    { config: { role: "auditor" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const pem = found(await certificates.pem(request.params.id));
      return reply
        .header("content-type", "application/x-pem-file")
        .header("content-disposition", `attachment; filename="${request.params.id}.pem"`)
        .send(pem);
    },
  );

  app.post(
    "/api/v1/certificates/:id/activation",
    {
      config: { role: "admin" },
      schema: {
        tags,
        params: byId,
        body: certificateActivationRequest,
        response: { 200: certificateActivation },
      },
    },
    async (request) => {
      const { body } = request;
      const activated = await certificates.activate(
        request.params.id,
        usesIn(body),
        actorOf(request).name,
        recorder(request),
      );
      if (!activated.ok) throw problemOf(activated.problem);
      const { value } = activated;
      if (body.use === "https") await https.reload();
      else await xmpp.refresh();
      const items =
        body.use === "https" ? await probeHttps(value) : await probeXmpp(value, body.names);
      return { certificate: value, https: https.state(), served: items };
    },
  );

  app.get(
    "/api/v1/certificates/:id/served",
    {
      config: { role: "auditor" },
      schema: {
        tags,
        params: byId,
        response: { 200: z.object({ items: z.array(servedCertificate) }) },
      },
    },
    async (request) => {
      const value = found(await certificates.find(request.params.id));
      const names = value.coverage.filter(({ xmpp: use }) => use?.active?.id === value.id);
      const isForXmppOnly = names.length > 0 && !value.uses.includes("https");
      const items = isForXmppOnly ? [] : await probeHttps(value);
      return {
        items: [
          ...items,
          ...(await probeXmpp(
            value,
            names.map(({ name }) => name),
          )),
        ],
      };
    },
  );

  function probeHttps(of: z.infer<typeof certificate>) {
    const fingerprint = of.chain[0]?.fingerprintSha256;
    return served.https(fingerprint === undefined ? null : { title: of.label, fingerprint });
  }

  async function probeXmpp(of: z.infer<typeof certificate>, names: readonly string[]) {
    const fingerprint = of.chain[0]?.fingerprintSha256;
    return fingerprint === undefined ? [] : served.xmpp([...new Set(names)], fingerprint);
  }
}

function usesIn(body: z.infer<typeof certificateActivationRequest>): CertificateUse[] {
  if (body.use === "https") return [{ use: "https", name: null }];
  return [...new Set(body.names)].map((name) => ({ use: "xmpp", name }));
}

function found<T>(value: T | null): T {
  if (value === null) throw new HttpProblem("resource.not_found");
  return value;
}
