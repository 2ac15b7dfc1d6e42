import type { FindingTexts } from "./shape.ts";

/** What the self-test finds about the records of an own domain. */
export const recordTexts = {
  "record.missing": {
    headline: `The {type} record of <c>{name}</c> is not published.`,
    meaning: "Resolvers outside do not know it, so other servers do not find you by it.",
    fixes: [
      "Add the line at your DNS provider.",
      "Wait for as long as the zone’s negative answers are kept (often an hour), then test again.",
    ],
    reference: "RFC 6120 §3.2.1",
  },
  "record.differs": {
    headline: `The {type} record of <c>{name}</c> says something else than you set here.`,
    meaning: `Published is {found, select, none {nothing} other {<c>{found}</c>}}; <c>{expected}</c> is expected.`,
    fixes: [
      "If the settings of the domain are right, correct the record at your DNS provider.",
      "If the record is right, correct the settings.",
    ],
  },
} as const satisfies FindingTexts;
