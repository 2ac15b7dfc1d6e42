import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  authorityLines,
  days,
  type CertificateLab,
  type LabCertificate,
} from "./certificate-lab.ts";

/** A chain as a server might send it, and what a judge must say of it. */
export interface ChainCase {
  readonly title: string;
  readonly chain: LabCertificate[];
  readonly roots: LabCertificate[];
  readonly expected: string[];
  readonly at?: Date;
  /** Where we are stricter than OpenSSL, why. */
  readonly stricter?: string;
}

/** One chain for each rule of RFC 5280 §6.1 that we hold, kept and broken. `expected` names the faults found. */
export function makeChainCases(lab: CertificateLab): ChainCase[] {
  const root = lab.root();
  const otherRoot = lab.root("Other Root");
  const sameName = lab.root();
  const authority = (
    issuer: LabCertificate,
    name: string,
    extensions = authorityLines(),
    more = {},
  ) => lab.issue({ subject: `/O=Lab/CN=${name}`, issuer, extensions, ...more });
  const intermediate = authority(root, "Intermediate");
  const leaf = lab.leaf(intermediate, "example.com");
  const chain = [leaf, intermediate];
  const selfSigned = lab.root("example.com", { extensions: ["subjectAltName = DNS:example.com"] });
  const all: ChainCase[] = [];
  const add = (
    title: string,
    chain: LabCertificate[],
    roots: LabCertificate[],
    expected: string[],
    more: Partial<ChainCase> = {},
  ) => all.push({ title, chain, roots, expected, ...more });

  add("a good chain", chain, [root], []);
  add("the root sent along", [...chain, root], [root], []);
  add(
    "certificates out of order, with strangers among them",
    [leaf, otherRoot, root, lab.leaf(otherRoot, "x.example"), intermediate],
    [root],
    [],
  );
  add("missing intermediate", [leaf], [root], ["missing_issuer:example.com"]);
  add("unknown root that was not sent", chain, [otherRoot], ["untrusted_root:Intermediate"]);
  add("unknown root that was sent", [...chain, root], [otherRoot], ["untrusted_root:Lab Root"]);
  add("another root of the same name", [...chain, root], [sameName], ["untrusted_root:Lab Root"]);
  add(
    "another root of the same name, and the right one not sent",
    chain,
    [sameName],
    ["invalid:signature:Intermediate"],
  );
  add("both roots of one name trusted", chain, [sameName, root], []);
  add("self-signed", [selfSigned], [root], ["self_signed:example.com"]);
  add("self-signed and trusted by itself", [selfSigned], [selfSigned], []);
  add("expired", chain, [root], ["expired:example.com"], {
    chain: [
      lab.leaf(intermediate, "example.com", { notBefore: days(-20), notAfter: days(-10) }),
      intermediate,
    ],
  });
  add(
    "not yet valid",
    [lab.leaf(intermediate, "example.com", { notBefore: days(10) }), intermediate],
    [root],
    ["not_yet:example.com"],
  );
  add(
    "everything expired",
    chain,
    [root],
    ["expired:example.com", "expired:Intermediate", "expired:Lab Root"],
    { at: days(400) },
  );
  add(
    "self-signed and expired: neither hides the other",
    [selfSigned],
    [root],
    ["self_signed:example.com", "expired:example.com"],
    { at: days(400) },
  );
  add(
    "expired intermediate",
    [
      leaf,
      authority(root, "Intermediate", authorityLines(), {
        key: intermediate,
        notBefore: days(-20),
        notAfter: days(-10),
      }),
    ],
    [root],
    ["expired:Intermediate"],
  );
  add(
    "expired intermediate sent beside its renewal",
    [
      leaf,
      authority(root, "Intermediate", authorityLines(), {
        key: intermediate,
        notBefore: days(-20),
        notAfter: days(-10),
      }),
      intermediate,
    ],
    [root],
    [],
  );
  const notCa = lab.leaf(root, "not-ca.example");
  add(
    "issuer that is no authority",
    [lab.leaf(notCa, "example.com"), notCa],
    [root],
    ["invalid:not_authority:not-ca.example"],
  );
  const saysNo = authority(root, "Says No", ["basicConstraints = CA:FALSE"]);
  add(
    "issuer that says that it is no authority",
    [lab.leaf(saysNo, "example.com"), saysNo],
    [root],
    ["invalid:not_authority:Says No"],
  );
  const noSign = authority(root, "No Sign", [
    "basicConstraints = critical, CA:TRUE",
    "keyUsage = digitalSignature",
  ]);
  add(
    "issuer without keyCertSign",
    [lab.leaf(noSign, "example.com"), noSign],
    [root],
    ["invalid:key_usage:No Sign"],
  );
  const zero = authority(root, "Zero", authorityLines(0));
  const below = authority(zero, "Below");
  add("path length kept", [lab.leaf(zero, "example.com"), zero], [root], []);
  add(
    "path length exceeded",
    [lab.leaf(below, "example.com"), below, zero],
    [root],
    ["invalid:path_length:Zero"],
  );
  const selfIssued = authority(zero, "Zero", authorityLines(), {});
  add(
    "self-issued certificates do not count for path length",
    [lab.leaf(selfIssued, "example.com"), selfIssued, zero],
    [root],
    [],
  );
  const limited = lab.root("Limited Root", { extensions: authorityLines(0) });
  const underLimited = authority(limited, "Under Limited");
  add(
    "path length of the root exceeded",
    [lab.leaf(underLimited, "example.com"), underLimited],
    [limited],
    ["invalid:path_length:Limited Root"],
  );
  add(
    "a purpose that is not TLS",
    [
      lab.leaf(intermediate, "example.com", {
        extensions: [
          "subjectAltName = DNS:example.com",
          "extendedKeyUsage = critical, codeSigning",
        ],
      }),
      intermediate,
    ],
    [root],
    [],
  );
  add(
    "only server use",
    [
      lab.leaf(intermediate, "example.com", {
        extensions: ["subjectAltName = DNS:example.com", "extendedKeyUsage = serverAuth"],
      }),
      intermediate,
    ],
    [root],
    [],
  );
  add(
    "unknown critical extension in the leaf",
    [
      lab.leaf(intermediate, "example.com", {
        extensions: ["1.2.3.4 = critical, ASN1:UTF8String:x"],
      }),
      intermediate,
    ],
    [root],
    ["invalid:critical_extension:example.com"],
  );
  add(
    "unknown extension that is not critical",
    [
      lab.leaf(intermediate, "example.com", { extensions: ["1.2.3.4 = ASN1:UTF8String:x"] }),
      intermediate,
    ],
    [root],
    [],
  );
  const odd = authority(root, "Odd", [
    ...authorityLines(),
    "1.2.3.4 = critical, ASN1:UTF8String:x",
  ]);
  add(
    "unknown critical extension in an intermediate",
    [lab.leaf(odd, "example.com"), odd],
    [root],
    ["invalid:critical_extension:Odd"],
  );
  const policed = authority(root, "Policed", [
    ...authorityLines(),
    "policyConstraints = critical, requireExplicitPolicy:0",
  ]);
  add(
    "a policy demanded",
    [lab.leaf(policed, "example.com"), policed],
    [root],
    ["invalid:critical_extension:Policed"],
    { stricter: "policies are not evaluated" },
  );
  const tampered = new Uint8Array(leaf.der);
  tampered[tampered.length - 1] = (tampered[tampered.length - 1] ?? 0) ^ 1;
  add(
    "a signature that was tampered with",
    [fromDer(lab, leaf, tampered), intermediate],
    [root],
    ["invalid:signature:example.com"],
  );
  add(
    "1024 bits of RSA",
    [lab.leaf(intermediate, "example.com", { key: "rsa:1024" }), intermediate],
    [root],
    ["weak:weak:key:example.com"],
  );
  add(
    "512 bits of RSA",
    [lab.leaf(intermediate, "example.com", { key: "rsa:512" }), intermediate],
    [root],
    ["weak:broken:key:example.com"],
    { stricter: "verify knows no least size by default" },
  );
  add(
    "SHA-1 signature",
    [lab.leaf(intermediate, "example.com", { digest: "sha1" }), intermediate],
    [root],
    ["weak:broken:signature:example.com"],
    { stricter: "verify has no security level by default" },
  );
  const oldRoot = lab.root("Old Root", { digest: "sha1" });
  add(
    "SHA-1 on the root itself is nobody's concern",
    [lab.leaf(oldRoot, "example.com")],
    [oldRoot],
    [],
  );
  add(
    "Ed25519",
    [lab.leaf(intermediate, "example.com", { key: "ed25519", digest: "sha256" }), intermediate],
    [root],
    [],
  );
  return [...all, ...constraintCases(lab, root)];
}

function constraintCases(lab: CertificateLab, root: LabCertificate): ChainCase[] {
  const all: ChainCase[] = [];
  const refused = (reason = "name_constraints") => [`invalid:${reason}:Constrained`];
  const add = (
    title: string,
    constraints: string,
    names: string,
    expected: string[],
    more: Partial<ChainCase> & { subject?: string } = {},
  ) => {
    const authority = lab.issue({
      subject: "/O=Lab/CN=Constrained",
      issuer: root,
      extensions: [...authorityLines(), `nameConstraints = critical, ${constraints}`],
      sections: "[dn1]\nO = Lab\n",
    });
    const leaf = lab.issue({
      subject: more.subject ?? "/O=Lab/CN=leaf",
      issuer: authority,
      extensions: [`subjectAltName = ${names}`],
    });
    all.push({
      title: `name constraints: ${title}`,
      chain: [leaf, authority],
      roots: [root],
      expected,
      ...more,
    });
  };
  const srv = "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.";
  const xmpp = "otherName:1.3.6.1.5.5.7.8.5;UTF8:";
  const ours = "RFC 5280 leaves otherName alone, here it carries a domain's authority";
  add("permitted", "permitted;DNS:example.com", "DNS:a.example.com, DNS:example.com", []);
  add(
    "not permitted",
    "permitted;DNS:example.com",
    "DNS:a.example.com, DNS:example.org",
    refused(),
  );
  add(
    "a longer name that only ends alike",
    "permitted;DNS:example.com",
    "DNS:evilexample.com",
    refused(),
  );
  add("leading dot", "permitted;DNS:.example.com", "DNS:a.example.com", []);
  add("excluded", "excluded;DNS:private.example.com", "DNS:a.private.example.com", refused());
  add("beside the excluded", "excluded;DNS:private.example.com", "DNS:a.example.com", []);
  add(
    "a wildcard over the excluded",
    "excluded;DNS:private.example.com",
    "DNS:*.example.com",
    refused(),
    { stricter: "the wildcard would stand for the excluded name" },
  );
  add("case does not count", "permitted;DNS:Example.COM", "DNS:a.EXAMPLE.com", []);
  add("addresses permitted", "permitted;IP:192.0.2.0/255.255.255.0", "IP:192.0.2.7", []);
  add(
    "addresses not permitted",
    "permitted;IP:192.0.2.0/255.255.255.0",
    "IP:198.51.100.7",
    refused(),
  );
  add(
    "IPv6 where only IPv4 is permitted",
    "permitted;IP:192.0.2.0/255.255.255.0",
    "IP:2001:db8::1",
    refused(),
  );
  add("directory names permitted", "permitted;dirName:dn1", "DNS:example.com", []);
  add("directory names not permitted", "permitted;dirName:dn1", "DNS:example.com", refused(), {
    subject: "/O=Else/CN=leaf",
  });
  add("e-mail", "permitted;email:example.com", "email:a@example.com", []);
  add("e-mail elsewhere", "permitted;email:example.com", "email:a@example.org", refused());
  add("e-mail in the subject", "permitted;email:example.com", "DNS:example.com", refused(), {
    subject: "/O=Lab/CN=leaf/emailAddress=a@example.org",
  });
  add("URI", "permitted;URI:.example.com", "URI:https://a.example.com/", []);
  add("URI elsewhere", "permitted;URI:.example.com", "URI:https://a.example.org/", refused());
  add("SRV-ID within DNS constraints", "permitted;DNS:example.com", `${srv}example.com`, []);
  add(
    "SRV-ID outside DNS constraints",
    "permitted;DNS:example.com",
    `${srv}victim.example`,
    refused(),
    { stricter: ours },
  );
  add(
    "XmppAddr outside DNS constraints",
    "permitted;DNS:example.com",
    `${xmpp}victim.example`,
    refused(),
    { stricter: ours },
  );
  add("XmppAddr excluded", "excluded;DNS:victim.example", `${xmpp}victim.example`, refused(), {
    stricter: ours,
  });
  return all;
}

function fromDer(lab: CertificateLab, like: LabCertificate, der: Uint8Array): LabCertificate {
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n")}\n-----END CERTIFICATE-----\n`;
  const certificateFile = join(lab.directory, "tampered.crt");
  writeFileSync(certificateFile, pem);
  return { ...like, pem, der, certificateFile };
}
