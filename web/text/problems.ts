import type { ProblemCode } from "#contract/problems.ts";
import type { ClientCode } from "../api/problem.ts";

/** What happened, and the way out. */
export interface ProblemWords {
  readonly title: string;
  readonly body: string;
}

/** Every problem that a call can end with; a test holds this list equal to the appliance's. */
export const problemText: Record<ProblemCode | ClientCode, ProblemWords> = {
  "request.invalid": {
    title: "Some of it cannot be accepted",
    body: "Look at the fields that are marked, correct them and try again. Nothing was saved.",
  },
  "request.too_large": {
    title: "That is too large",
    body: "The appliance accepts up to 256 kB at once. A certificate with its chain and key is far smaller: check that you chose the right file.",
  },
  "request.media_type": {
    title: "The appliance does not take this kind of content",
    body: "Reload the page and try again; if you use the API, send JSON.",
  },
  "request.cross_origin": {
    title: "The request seemed to come from another site",
    body: "Open the dashboard under its own address. Behind a reverse proxy, set PUBLIC_URL to the address that browsers use, or pass the Host header on.",
  },
  "request.not_found": {
    title: "The appliance has nothing at this address",
    body: "The dashboard may be newer or older than the appliance: reload the page.",
  },
  "resource.not_found": {
    title: "It is not there (any more)",
    body: "Somebody may have removed it meanwhile. Go back to the list to see what there is.",
  },
  "resource.conflict": {
    title: "There is one already",
    body: "An entry with this name exists. Open that one, or choose another name.",
  },
  "resource.in_use": {
    title: "It is still in use",
    body: "Something depends on it. Replace it there first, then remove it here.",
  },
  "name.invalid": {
    title: "This is not a domain name",
    body: "Enter only the name, such as example.com: without https://, without @ and without a slash.",
  },
  "name.ip_literal": {
    title: "This is an IP address, not a domain",
    body: "Servers federate under domain names. Enter the domain.",
  },
  "link.name_outside": {
    title: "The component’s name does not belong to the domain",
    body: "It must be the domain itself or a name below it, such as wave.example.com for example.com: other servers find it by the domain’s records.",
  },
  "link.not_of_kind": {
    title: "This way of attaching has no such setting",
    body: "Reload the page: the name may be attached in another way than it shows.",
  },
  "link.host_invalid": {
    title: "This host cannot be dialled",
    body: "Enter a host name or an IP address, and the port in its own field.",
  },
  "link.plain_consent": {
    title: "The secret would cross the network unprotected",
    body: "On another machine’s component port without TLS, whoever can listen can work out the secret. Use TLS, or type the host again to say that you accept it.",
  },
  "listener.taken": {
    title: "This port is taken",
    body: "Another part of the appliance listens there. Choose another port, or another address for one of the two.",
  },
  "auth.required": {
    title: "You are signed out",
    body: "Your session has ended or was revoked. Sign in again; what you had not saved is lost.",
  },
  "auth.role": {
    title: "Your role does not allow this",
    body: "Ask an owner of this appliance to do it, or to give you the role.",
  },
  "auth.credentials": {
    title: "Name or password is wrong",
    body: "Check both, also the Caps Lock key. If the password is lost, another owner can invite you anew; if the last owner’s is lost, run “npm run admin reset-owner” on the machine itself.",
  },
  "auth.throttled": {
    title: "Too many wrong attempts",
    body: "To keep guessers out, the appliance waits before it listens again. It was not your fault? Then somebody else is trying: look at the audit log later.",
  },
  "auth.insecure_transport": {
    title: "This connection is not encrypted",
    body: "Passwords and keys would travel readable over plain HTTP, so they are not accepted. Open the dashboard on the machine itself (an SSH tunnel to 127.0.0.1 will do), or by HTTPS: set HTTPS_PORT, or put a reverse proxy in front and name it in TRUSTED_PROXIES.",
  },
  "auth.password_weak": {
    title: "The password is too weak",
    body: "Use at least 10 characters, not your name and not a well-known password. A few unrelated words do well.",
  },
  "setup.code_wrong": {
    title: "The setup code is wrong",
    body: "The code stands in the terminal or log where the appliance was started, after “Setup code:”. A restart prints a new one.",
  },
  "setup.done": {
    title: "This appliance is set up already",
    body: "Its first owner has an account. Sign in, or ask the owner for an invitation.",
  },
  "invitation.invalid": {
    title: "This invitation cannot be used",
    body: "It was used already, withdrawn, or is older than three days. Ask the owner for a new one.",
  },
  "user.last_owner": {
    title: "The last owner has to stay",
    body: "Without an owner nobody could manage people. Make somebody else an owner first.",
  },
  "peer.own_domain": {
    title: "This is one of your own domains",
    body: "Peers are others. Your own domain is on the Domains page, with its self-test.",
  },
  "peer.override_host": {
    title: "The host to dial is not valid",
    body: "Give a host name such as xmpp.example.org or an IP address, without http:// and without a port.",
  },
  "peer.override_port": {
    title: "A port alone is not enough",
    body: "Name the host to dial, too, or clear the port to go by DNS.",
  },
  "peer.tls_consent": {
    title: "Without encryption everything can be read on the way",
    body: "If you really want that for this peer, type its domain to confirm.",
  },
  "peer.test_mode_consent": {
    title: "In test mode anybody can be this peer",
    body: "Whoever shows any certificate counts as this peer, in both directions. If you really want that for some days, type its domain to confirm.",
  },
  "peer.test_mode_end": {
    title: "Test mode has to end within 90 days",
    body: "Choose a day between today and 90 days from now. It can be prolonged later.",
  },
  "peer.ca_unreadable": {
    title: "There is no authority’s certificate in it that can be read",
    body: "Paste the whole text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, for each authority.",
  },
  "peer.ca_key": {
    title: "This is a private key",
    body: "It was not saved. Only the authority’s certificate belongs here; if the key left its place just now, have it replaced.",
  },
  "peer.ca_too_many": {
    title: "These are too many authorities",
    body: "Up to ten are kept for a peer. Paste only those that its certificates come from.",
  },
  "acceptance.stale": {
    title: "This is not waiting to be accepted any more",
    body: "Somebody has decided it meanwhile, or the peer shows something else by now. Look at the page anew.",
  },
  "check.not_watched": {
    title: "This peer is not checked",
    body: "It is blocked or switched off. Trust it and switch it on to have it checked.",
  },
  "certificate.passphrase_needed": {
    title: "The key is encrypted",
    body: "Type its passphrase, then check again. The passphrase is used once and not kept.",
  },
  "certificate.passphrase_wrong": {
    title: "The passphrase does not open the key",
    body: "Check it, also the Caps Lock key, or decrypt the key first and upload that one.",
  },
  "certificate.refused": {
    title: "This cannot be used as a certificate",
    body: "One of the checks has failed; the list says which, and what to do. Nothing was saved.",
  },
  "certificate.unusable": {
    title: "This certificate cannot be put to use",
    body: "It has expired, or its key is not here. Choose another one, or upload its successor.",
  },
  "certificate.name_refused": {
    title: "This certificate cannot be used for that name",
    body: "It does not cover the name, so other servers would refuse it; or the name is none of those that this appliance federates by itself. Nothing was changed.",
  },
  "trace.rate_limited": {
    title: "This domain was traced too often just now",
    body: "Each trace knocks at the other side's door. Wait a moment, or open the trace that ran last.",
  },
  "stream.not_served": {
    title: "This appliance does not federate that name by itself",
    body: "Streams belong to names that the appliance federates without another server, and live on the appliance that holds them. Look at the domain’s page to see how it is attached, and where.",
  },
  "stream.not_allowed": {
    title: "That domain may not federate with us",
    body: "It is one of your own, it is blocked, or only trusted peers may federate here. “What would happen to a domain?” on the Peers page says by which rule.",
  },
  "stream.rate_limited": {
    title: "This domain was asked too often just now",
    body: "Each question makes their server open a connection. Wait a moment, then ask again.",
  },
  "x2x.agreement": {
    title: "This agreement cannot work",
    body: "Something that one side needs is missing, or contradicts what was chosen elsewhere. The fields at fault are marked; nothing was saved.",
  },
  "x2x.place": {
    title: "Another link listens there",
    body: "What comes in at one address and port has to show of which link it is. Agree on another port with the other side, choose another “Address to listen on”, or switch one of the two links off.",
  },
  "x2x.address": {
    title: "This is not an IP address",
    body: "Write an address such as 192.0.2.1 or 2001:db8::1, without a port and without a name.",
  },
  "x2x.consent": {
    title: "This link would be open to others",
    body: "Without TLS everything can be read and changed on the way; with no proof of who connects, anybody may speak as the other side. Choose mutual TLS, or type the link’s name to say that you accept it.",
  },
  "x2x.not_here": {
    title: "This appliance does not hold the link",
    body: "Another appliance on this database holds it, it is switched off, or it is just being taken up. Look at the link’s page in a moment.",
  },
  "tap.busy": {
    title: "Too many live views are open",
    body: "Stop one that is not needed any more, also in other windows, then start this one again.",
  },
  "trace.busy": {
    title: "Too many traces are under way",
    body: "Wait until some of them have ended, then begin this one again.",
  },
  "database.unavailable": {
    title: "The database does not answer",
    body: "Nothing was saved. The appliance tries to reach it again by itself; check that PostgreSQL runs and that DATABASE_URL is right.",
  },
  "database.full": {
    title: "The database’s disk is full",
    body: "Nothing was saved, and nothing can be until there is room again. Free some space on the machine that holds the database, then try again.",
  },
  internal: {
    title: "The appliance could not do this",
    body: "It is a fault of the appliance, not yours. Its log has the cause under the reference below.",
  },
  "client.unreachable": {
    title: "The appliance does not answer",
    body: "Check that it runs and that your network reaches it, then try again.",
  },
  "client.unexpected": {
    title: "The answer was not understood",
    body: "Something between your browser and the appliance may have answered instead, such as a proxy. Reload the page and try again.",
  },
};
