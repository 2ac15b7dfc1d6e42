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
  /** Whose roots certificates may end in: Mozilla's list as Node carries it, or the operating system's. */
  trustStore: z.enum(["bundled", "system"]).default("bundled"),
  /** Where other servers reach the names that we federate ourselves; a port of null is not opened. */
  s2sAddress: z.union([z.ipv4(), z.ipv6()]).default("::"),
  s2sPort: z.number().int().min(1).max(65_535).nullable().default(5269),
  s2sDirectTlsPort: z.number().int().min(1).max(65_535).nullable().default(5270),
  /** Where hosted components connect to us. */
  componentAddress: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  componentPort: z.number().int().min(1).max(65_535).nullable().default(5347),
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
    trustStore: settings.shape.trustStore.unwrap(),
    s2sAddress: settings.shape.s2sAddress.unwrap(),
    s2sPort: settings.shape.s2sPort.unwrap(),
    s2sDirectTlsPort: settings.shape.s2sDirectTlsPort.unwrap(),
    componentAddress: settings.shape.componentAddress.unwrap(),
    componentPort: settings.shape.componentPort.unwrap(),
    traceRetentionDays: settings.shape.traceRetentionDays.unwrap(),
    isStatusPublic: settings.shape.isStatusPublic.unwrap(),
    statusTitle: settings.shape.statusTitle.unwrap(),
  })
  .partial()
  .strict();
