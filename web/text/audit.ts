/** Words of the audit log. */
export const auditText = {
  title: "Audit log",
  intro:
    "Every change, newest first: who, when, from where, and what it was before and after. Secrets are masked.",
  searchLabel: "Search person, action or id",
  resourceLabel: "About",
  everything: "everything",
  when: "When",
  who: "Who",
  what: "What",
  from: "From",
  details: "What changed",
  emptyTitle: "Nothing has happened yet",
  emptyBody: "As soon as somebody changes something, it stands here.",
  field: "Field",
  before: "Before",
  after: "After",
  noFields: "No values were kept for this entry.",
  requestId: "Request",
  resourceId: "Id",
  absent: "–",
  kindUser: "signed in",
  kindToken: "by API token",
  kindSetup: "first-run setup",
  kindAppliance: "the appliance itself",
  kindLocal: "on the machine itself",
  // What the appliance writes as `action` and `resource`; an unknown pair is shown as it is.
  sentence:
    "{action, select, create {Created} update {Changed} delete {Removed} sign_in {Signed in} sign_out {Signed out} revoke {Revoked} invite {Invited somebody} withdraw_invitation {Withdrew an invitation} accept_invitation {Accepted an invitation} change_password {Changed the own password} activate {Activated} roll_back {Rolled back} upload {Uploaded} test {Tested} cancel {Cancelled} pin {Pinned} unpin {Unpinned} block {Blocked} unblock {Unblocked} acknowledge {Acknowledged} test_mode {Began test mode of} accept_certificate {Accepted a new certificate of} dismiss_certificate {Dismissed a certificate of} accept_weaker {Accepted a weaker proof of} close {Closed} reconnect {Reconnected} begin_tap {Began to listen in on} end_tap {Stopped listening in on} reset_owner {Reset the owner’s password} other {{action}}}{resource, select, session {{action, select, revoke { a session} other {}}} users {{action, select, create { a person} update { a person} delete { a person} other {}}} tokens { an API token} settings { settings} domains { a domain} links { a link} peers { a peer} traces { a trace} certificates { a certificate} incidents { an incident} x2x_links { an X2X link} streams { {action, select, begin_tap {a domain’s streams} end_tap {a domain’s streams} other {a stream}}} other { ({resource})}}",
  resourceName:
    "{resource, select, users {people} session {sessions} tokens {API tokens} settings {settings} domains {domains} links {links} peers {peers} traces {traces} certificates {certificates} incidents {incidents} streams {streams} x2x_links {X2X links} other {{resource}}}",
} as const;

/** The resource of an entry as these sentences select it: a hyphen cannot stand there. */
export function resourceKey(resource: string): string {
  return resource.replaceAll("-", "_");
}
