import { z } from "zod";

/**
 * Every problem that the API answers with, by its stable code: HTTP status and English title.
 * Longer words and the way out are in web/text, under the same code.
 */
export const problems = {
  "request.invalid": { status: 400, title: "The request is not valid." },
  "request.too_large": { status: 413, title: "The request is larger than allowed." },
  "request.media_type": { status: 415, title: "This content type is not accepted here." },
  "request.cross_origin": { status: 403, title: "The request came from another site." },
  "request.not_found": { status: 404, title: "There is nothing at this address." },
  "resource.not_found": { status: 404, title: "It does not exist, or no longer." },
  "resource.conflict": { status: 409, title: "It exists already." },
  "resource.in_use": { status: 409, title: "It is in use." },
  "auth.required": { status: 401, title: "Sign in first." },
  "auth.role": { status: 403, title: "Your role does not allow this." },
  "auth.credentials": { status: 401, title: "Name or password is wrong." },
  "auth.throttled": { status: 429, title: "Too many attempts." },
  "auth.insecure_transport": {
    status: 403,
    title: "Passwords and keys are not accepted over plain HTTP from another machine.",
  },
  "auth.password_weak": { status: 400, title: "The password is too weak." },
  "setup.code_wrong": { status: 403, title: "The setup code is wrong." },
  "setup.done": { status: 409, title: "This appliance is set up already." },
  "invitation.invalid": { status: 410, title: "The invitation was used, withdrawn or is too old." },
  "user.last_owner": { status: 409, title: "The last owner cannot be removed." },
  "certificate.passphrase_needed": { status: 422, title: "The key is encrypted." },
  "certificate.passphrase_wrong": { status: 422, title: "The passphrase does not open the key." },
  "certificate.refused": { status: 422, title: "This cannot be used as a certificate." },
  "certificate.unusable": { status: 409, title: "The certificate cannot be put to use." },
  "certificate.name_refused": {
    status: 409,
    title: "The certificate cannot be used for this name.",
  },
  "name.invalid": { status: 422, title: "This is not a domain name." },
  "name.ip_literal": { status: 422, title: "This is an IP address, not a domain." },
  "link.name_outside": { status: 422, title: "The component's name is not below the domain." },
  "link.not_of_kind": { status: 422, title: "Links of this kind have nothing of the sort." },
  "link.host_invalid": { status: 422, title: "This is neither a host name nor an IP address." },
  "link.plain_consent": {
    status: 422,
    title: "Without TLS the secret can be read on the way: this needs your consent.",
  },
  "listener.taken": { status: 409, title: "Something else of this appliance has that port." },
  "peer.own_domain": { status: 409, title: "This is one of your own domains." },
  "peer.override_host": { status: 422, title: "This is neither a host name nor an IP address." },
  "peer.override_port": {
    status: 422,
    title: "A port alone overrides nothing: name the host too.",
  },
  "peer.tls_consent": {
    status: 422,
    title: "Without TLS everything can be read on the way: this needs your consent.",
  },
  "peer.test_mode_consent": {
    status: 422,
    title: "In test mode anybody's certificate is taken for this peer's: this needs your consent.",
  },
  "peer.test_mode_end": { status: 422, title: "Test mode ends within 90 days." },
  "peer.ca_unreadable": { status: 422, title: "This holds no certificate that can be read." },
  "peer.ca_key": { status: 422, title: "This holds a private key, which has no place here." },
  "peer.ca_too_many": {
    status: 422,
    title: "These are more authorities than are kept for a peer.",
  },
  "acceptance.stale": {
    status: 409,
    title: "There is nothing of this kind to accept, or no longer.",
  },
  "check.not_watched": { status: 409, title: "This peer is not checked." },
  "trace.rate_limited": { status: 429, title: "This domain was traced too often just now." },
  "stream.not_served": {
    status: 409,
    title: "This appliance does not federate that name by itself.",
  },
  "stream.not_allowed": { status: 409, title: "That domain may not federate with us." },
  "stream.rate_limited": { status: 429, title: "This domain was asked too often just now." },
  "x2x.agreement": { status: 422, title: "This agreement cannot work." },
  "x2x.place": { status: 409, title: "Another link listens there." },
  "x2x.address": { status: 422, title: "This is not an IP address." },
  "x2x.consent": {
    status: 422,
    title: "Without TLS, or without a proof who connects, the link needs your consent.",
  },
  "x2x.not_here": { status: 409, title: "This appliance does not hold the link." },
  "tap.busy": { status: 429, title: "Too many people are listening in already." },
  "trace.busy": { status: 503, title: "Too many traces are under way." },
  "database.unavailable": { status: 503, title: "The database does not answer." },
  "database.full": { status: 507, title: "The database's disk is full." },
  internal: { status: 500, title: "The appliance could not do this." },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** RFC 9457 problem details, with our `code` and the fields at fault. */
export const problemDetails = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
export type ProblemDetails = z.infer<typeof problemDetails>;
