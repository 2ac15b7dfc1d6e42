import { agreedTexts } from "./findings/agreed.ts";
import { certificateTexts } from "./findings/certificates.ts";
import { connectionTexts } from "./findings/connection.ts";
import { discoveryTexts } from "./findings/discovery.ts";
import { dnsTexts } from "./findings/dns.ts";
import { healthTexts } from "./findings/health.ts";
import { hostedTexts } from "./findings/hosted.ts";
import { linkTexts } from "./findings/links.ts";
import { loginTexts } from "./findings/logins.ts";
import { nameTexts } from "./findings/names.ts";
import { recordTexts } from "./findings/records.ts";
import { streamTexts } from "./findings/streams.ts";
import type { FindingText, FindingTexts } from "./findings/shape.ts";
import { uploadTexts } from "./findings/uploads.ts";
import { x2xTexts } from "./findings/x2x.ts";

/** The words of every finding, by its code. A test holds them equal to the catalogue of the contract. */
export const findingTexts: FindingTexts = {
  ...nameTexts,
  ...dnsTexts,
  ...connectionTexts,
  ...certificateTexts,
  ...loginTexts,
  ...agreedTexts,
  ...discoveryTexts,
  ...linkTexts,
  ...hostedTexts,
  ...streamTexts,
  ...healthTexts,
  ...recordTexts,
  ...uploadTexts,
  ...x2xTexts,
};

/** What is said of a code that this page does not know: an older page, a newer appliance. */
const unknownText: FindingText = {
  headline: "The appliance reported <c>{code}</c>.",
  meaning: "This page has no words for it, probably because it is older than the appliance.",
  fixes: ["Reload the page."],
};

export function findingText(code: string): FindingText {
  return Object.hasOwn(findingTexts, code) ? (findingTexts[code] ?? unknownText) : unknownText;
}
