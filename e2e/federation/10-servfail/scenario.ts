import assert from "node:assert/strict";
import { attemptsOf, findingOf, runTrace, stepOf } from "../../stack/operations.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "SERVFAIL is its own answer: it is neither 'no such name' nor 'no record', and the question is named",
  run: async (world, shared) => {
    const { client } = await shared.home();
    const domain = "broken-zone.example";
    await world.dns.breakZone(domain);

    const found = await runTrace(client, domain, { reading: "strict" });
    assert.equal(found.xmpp, "unreachable", JSON.stringify(found.findings));
    assert.equal(found.headline?.code, "dns.servfail");
    const finding = findingOf(found, "dns.servfail");
    assert.equal(finding.owner, "peer");
    assert.ok(String(finding.params["question"]).endsWith(domain));
    const outcomes = attemptsOf(stepOf(found, 1), "dns").map(({ outcome }) => outcome);
    assert.ok(
      outcomes.length > 0 && outcomes.every((outcome) => outcome === "servfail"),
      outcomes.join(),
    );
  },
};
