import { z } from "zod";

/** Every setting that is not for booting, with its default. */
export const settings = z.object({
  /** `trusted_only`: strangers' stanzas are refused. The block list counts in both. */
  federationMode: z.enum(["open", "trusted_only"]).default("open"),
  /** Whether strangers may prove who they are by dialback where their certificate does not. */
  allowsStrangerDialback: z.boolean().default(false),
  /** `preferred`: strangers without TLS are put up with; only dialback can prove who they are. */
  strangerTlsPolicy: z.enum(["required", "preferred"]).default("required"),
  defaultReading: z.enum(["strict", "overview"]).default("overview"),
  /** Whether traces and checks may dial private, loopback and link-local addresses. */
  allowPrivateTargets: z.boolean().default(false),
  /** Ports below 1024 that an SRV record may name, beside 5269 and 5270's range. */
  extraSrvPorts: z.array(z.number().int().min(1).max(65_535)).max(50).default([]),
  /** `address:port` of resolvers outside, asked by the self-test to see what the world sees. */
  outsideResolvers: z.array(z.string().trim().max(64)).max(5).default(["1.1.1.1:53", "9.9.9.9:53"]),
  /** Whether the resolver on this machine validates DNSSEC: only then its AD bit counts. */
  validatesLocally: z.boolean().default(false),
  /** Whose roots certificates may end in: Mozilla's list as Node carries it, or the operating system's. */
  trustStore: z.enum(["bundled", "system"]).default("bundled"),
  /** Where other servers reach the names that we federate ourselves; a port of null is not opened. */
  s2sAddress: z.union([z.ipv4(), z.ipv6()]).default("::"),
  s2sPort: z.number().int().min(1).max(65_535).nullable().default(5269),
  s2sDirectTlsPort: z.number().int().min(1).max(65_535).nullable().default(5270),
  /** Where hosted components connect to us. */
  componentAddress: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  componentPort: z.number().int().min(1).max(65_535).nullable().default(5347),
  /** What other servers may cost us (RFC 6120 §13.12): the largest stanza in KiB, floor 10. */
  s2sMaxStanzaKib: z.number().int().min(10).max(16_384).default(512),
  /** What one stream may bring per second before it is read slower; null: as fast as it comes. */
  s2sStanzasPerSecond: z.number().int().min(10).max(1_000_000).nullable().default(5_000),
  s2sKibPerSecond: z.number().int().min(10).max(1_048_576).nullable().default(20_480),
  /** Inbound connections in all, of one address, and new ones of one address per minute. */
  s2sMaxConnections: z.number().int().min(10).max(100_000).default(20_000),
  s2sConnectionsPerAddress: z.number().int().min(1).max(100_000).default(200),
  s2sAttemptsPerMinute: z.number().int().min(1).max(1_000_000).default(600),
  /** How long a connection may take from its first byte to a proof of who it is. */
  s2sNegotiationSeconds: z.number().int().min(5).max(300).default(60),
  /** How long opening a connection to another server may take, from TCP to its features; a third of it for each step. */
  s2sDialSeconds: z.number().int().min(5).max(600).default(30),
  /** A stream that carried no stanza for so long is closed. */
  s2sIdleMinutes: z.number().int().min(1).max(1_440).default(10),
  /** What hosted components may cost us: connected instances of one name. */
  componentInstancesPerName: z.number().int().min(1).max(1_000).default(32),
  /** Connections that have not proved the secret, in all and of one address, and new ones of one address per minute. */
  componentWaiting: z.number().int().min(1).max(10_000).default(200),
  componentWaitingPerAddress: z.number().int().min(1).max(10_000).default(50),
  componentAttemptsPerMinute: z.number().int().min(1).max(1_000_000).default(600),
  /** The largest stanza in KiB. */
  componentMaxStanzaKib: z.number().int().min(10).max(16_384).default(512),
  /** What one instance may bring per second before it is read slower; null: as fast as it comes. */
  componentStanzasPerSecond: z.number().int().min(10).max(1_000_000).nullable().default(null),
  componentKibPerSecond: z.number().int().min(10).max(1_048_576).nullable().default(null),
  /** KiB that may wait for an instance that does not read. */
  componentQueueKib: z.number().int().min(64).max(1_048_576).default(8_192),
  /** How long stanzas wait for a component that has gone, and how many of how many KiB. */
  componentAbsenceSeconds: z.number().int().min(0).max(3_600).default(30),
  componentParkedStanzas: z.number().int().min(0).max(100_000).default(1_000),
  componentParkedKib: z.number().int().min(0).max(1_048_576).default(1_024),
  traceRetentionDays: z.number().int().min(1).max(3650).default(365),
  isStatusPublic: z.boolean().default(false),
  statusTitle: z.string().trim().min(1).max(80).default("Federation status"),
});
export type Settings = z.infer<typeof settings>;

/** A change of some settings; what is left out stays as it is. */
export const settingsPatch = z
  .object({
    federationMode: settings.shape.federationMode.unwrap(),
    allowsStrangerDialback: settings.shape.allowsStrangerDialback.unwrap(),
    strangerTlsPolicy: settings.shape.strangerTlsPolicy.unwrap(),
    defaultReading: settings.shape.defaultReading.unwrap(),
    allowPrivateTargets: settings.shape.allowPrivateTargets.unwrap(),
    extraSrvPorts: settings.shape.extraSrvPorts.unwrap(),
    outsideResolvers: settings.shape.outsideResolvers.unwrap(),
    validatesLocally: settings.shape.validatesLocally.unwrap(),
    trustStore: settings.shape.trustStore.unwrap(),
    s2sAddress: settings.shape.s2sAddress.unwrap(),
    s2sPort: settings.shape.s2sPort.unwrap(),
    s2sDirectTlsPort: settings.shape.s2sDirectTlsPort.unwrap(),
    componentAddress: settings.shape.componentAddress.unwrap(),
    componentPort: settings.shape.componentPort.unwrap(),
    s2sMaxStanzaKib: settings.shape.s2sMaxStanzaKib.unwrap(),
    s2sStanzasPerSecond: settings.shape.s2sStanzasPerSecond.unwrap(),
    s2sKibPerSecond: settings.shape.s2sKibPerSecond.unwrap(),
    s2sMaxConnections: settings.shape.s2sMaxConnections.unwrap(),
    s2sConnectionsPerAddress: settings.shape.s2sConnectionsPerAddress.unwrap(),
    s2sAttemptsPerMinute: settings.shape.s2sAttemptsPerMinute.unwrap(),
    s2sNegotiationSeconds: settings.shape.s2sNegotiationSeconds.unwrap(),
    s2sDialSeconds: settings.shape.s2sDialSeconds.unwrap(),
    s2sIdleMinutes: settings.shape.s2sIdleMinutes.unwrap(),
    componentInstancesPerName: settings.shape.componentInstancesPerName.unwrap(),
    componentWaiting: settings.shape.componentWaiting.unwrap(),
    componentWaitingPerAddress: settings.shape.componentWaitingPerAddress.unwrap(),
    componentAttemptsPerMinute: settings.shape.componentAttemptsPerMinute.unwrap(),
    componentMaxStanzaKib: settings.shape.componentMaxStanzaKib.unwrap(),
    componentStanzasPerSecond: settings.shape.componentStanzasPerSecond.unwrap(),
    componentKibPerSecond: settings.shape.componentKibPerSecond.unwrap(),
    componentQueueKib: settings.shape.componentQueueKib.unwrap(),
    componentAbsenceSeconds: settings.shape.componentAbsenceSeconds.unwrap(),
    componentParkedStanzas: settings.shape.componentParkedStanzas.unwrap(),
    componentParkedKib: settings.shape.componentParkedKib.unwrap(),
    traceRetentionDays: settings.shape.traceRetentionDays.unwrap(),
    isStatusPublic: settings.shape.isStatusPublic.unwrap(),
    statusTitle: settings.shape.statusTitle.unwrap(),
  })
  .partial()
  .strict();
