import type { FindingTexts } from "./shape.ts";

const piece = `{label, select, none {} other { (“{label}”)}}`;

/** What can be wrong with an upload, and what our own certificate is not good for. */
export const uploadTexts = {
  "cert.truncated": {
    headline: `<c>{file}</c> is cut off in line {line}: {missing, select,
      begin {an “-----END” line stands there without its beginning}
      other {a piece begins there and does not end}}.`,
    meaning: `Part of the piece${piece} is missing, so it cannot be read.`,
    fixes: ["Copy the whole file again, from the first “-----BEGIN” to the last “-----END” line."],
    reference: "RFC 7468 §2",
  },
  "cert.not_base64": {
    headline: `<c>{file}</c> has characters in line {line} that do not belong there.`,
    meaning: `The piece${piece} is not base64, as PEM asks for.`,
    fixes: ["Export the file again as PEM. A word processor must not have touched it."],
    reference: "RFC 7468 §2",
  },
  "cert.unreadable": {
    headline: `<c>{file}</c> holds a certificate that cannot be read.`,
    meaning: `The piece${piece} is damaged: {detail}.`,
    fixes: ["Export it again from where it came from."],
  },
  "cert.unknown_content": {
    headline: `<c>{file}</c> holds neither a certificate nor a key.`,
    meaning: `What is in it${piece} is of no kind that is known here.`,
    fixes: ["Leave this file out, or choose the right one."],
  },
  "cert.file_too_large": {
    headline: `<c>{file}</c> is larger than {limit} bytes.`,
    meaning: "A certificate with its chain has about 10 kB, so it was not read.",
    fixes: ["Check that you chose the right file."],
  },
  "cert.too_many": {
    headline: `There are more than {limit} pieces.`,
    meaning: "A certificate needs its key and two or three authorities in between.",
    fixes: ["Leave out the bundle of all the world’s authorities: it is not needed here."],
  },
  "cert.is_pkcs12": {
    headline: `<c>{file}</c> is a PKCS#12 bundle (.p12 or .pfx).`,
    meaning: "Such bundles are not read here; PEM and DER are.",
    fixes: ["Turn it into PEM on your own machine with the command below, and upload that."],
    copy: "openssl pkcs12 -in {file} -nodes -out bundle.pem",
  },
  "cert.is_request": {
    headline: `<c>{file}</c> is a request for a certificate, not the certificate.`,
    meaning: "A request (CSR) goes to the authority; the certificate comes back from it.",
    fixes: ["Upload what the authority returned."],
  },
  "cert.is_public_key": {
    headline: `<c>{file}</c> is a public key.`,
    meaning: "The private one is needed, to prove that the certificate is yours.",
    fixes: ["Choose the file that begins with “-----BEGIN PRIVATE KEY-----” or similar."],
  },
  "cert.is_crl": {
    headline: `<c>{file}</c> is a list of revoked certificates.`,
    meaning: "It is of no use here.",
    fixes: ["Leave it out."],
  },
  "cert.is_openssh_key": {
    headline: `<c>{file}</c> is an SSH key in OpenSSH’s own format.`,
    meaning: "Certificates are made with keys in another format.",
    fixes: ["Choose the key that the certificate was requested with."],
  },
  "cert.key_unreadable": {
    headline: `The key in <c>{file}</c> cannot be read.`,
    meaning: `It is damaged or of a form that is not known here{detail, select, none {} other { ({detail})}}.`,
    fixes: ["Export it again as PEM."],
    copy: "openssl pkey -in {file} -out key.pem",
  },
  "cert.key_unsupported": {
    headline: `The key in <c>{file}</c> is of a kind that cannot be used here.`,
    meaning: `{detail, select,
      encryption {The way in which it is encrypted is not known.}
      none {TLS needs RSA or an elliptic curve.}
      other {It is a {detail} key. TLS needs RSA or an elliptic curve.}}`,
    fixes: [
      "{detail, select, encryption {Decrypt it first, or encrypt it anew with AES.} other {Request a certificate with an RSA key of 2048 bits or more, or with ECDSA P-256.}}",
    ],
  },
  "cert.leaf_missing": {
    headline: "Your own certificate is not among these files.",
    meaning: "There are only keys or authorities, no certificate of a domain.",
    fixes: ["Add the certificate itself (<c>cert.pem</c> or <c>fullchain.pem</c>)."],
  },
  "cert.key_missing": {
    headline: `The private key of “{subject}” is missing.`,
    meaning: "Without it nobody can prove to be this domain.",
    fixes: [
      "Add the key (<c>privkey.pem</c>). It is sealed before it is stored, and never shown again.",
    ],
  },
  "cert.key_mismatch": {
    headline: `The key does not belong to “{subject}”.`,
    meaning: `The certificate is for another key ({algorithm}); here is {keys}.`,
    fixes: [
      "Choose the key that this certificate was requested with.",
      "If that key is lost, request a new certificate.",
    ],
  },
  "cert.names": {
    headline: `“{subject}” covers {covered} of {total} names that you serve.`,
    meaning: `Not covered: <c>{missing}</c>. For those names others cannot tell that it is you.`,
    fixes: ["Request a certificate that has all of them as subject alternative names."],
    reference: "RFC 6120 §13.7.2.1",
  },
  "cert.no_domains": {
    headline: "There is no domain yet to compare the names with.",
    meaning: "The comparison is made by itself as soon as there is one.",
    fixes: ["Add your domain."],
  },
  "cert.host": {
    headline: `“{subject}” does not cover <c>{host}</c>, the name that browsers use for this dashboard.`,
    meaning: "If it is used for HTTPS, browsers warn.",
    fixes: [
      `Request a certificate that has <c>{host}</c> too, or open the dashboard under a name that it has.`,
    ],
  },
  "cert.no_server_eku": {
    headline: `“{subject}” may not be used by servers.`,
    meaning: `It allows {uses, select, none {nothing that is named} other {<c>{uses}</c>}} only. Browsers and other servers refuse it.`,
    fixes: ["Request a certificate for TLS servers (serverAuth)."],
    reference: "RFC 5280 §4.2.1.12",
  },
  "cert.unusable": {
    headline: `TLS refuses to work with “{subject}”.`,
    meaning: `The reason it gives: {detail}.`,
    fixes: ["Have it issued anew with an RSA key of 2048 bits or more, or with ECDSA P-256."],
  },
  "wave.signer_cn": {
    headline: `“{subject}” has no common name.`,
    meaning:
      "For HTTPS this does not matter. Apache Wave servers look there first for the signer’s domain and refuse signed operations without it.",
    fixes: [
      "For signing waves, request a certificate with the domain as its common name. Let’s Encrypt’s “classic” profile has it.",
    ],
  },
  "wave.signer_alg": {
    headline: `The key of “{subject}” is {algorithm}; wave signatures are made with RSA.`,
    meaning: "For HTTPS this does not matter. Waves cannot be signed with it.",
    fixes: ["For signing waves, keep a second certificate with an RSA key."],
  },
} as const satisfies FindingTexts;
