import type { Site, World } from "../stack/world.ts";

/** One scenario: a folder `NN-what-it-proves` whose `scenario.ts` exports `scenario`. */
export interface Scenario {
  /** What it proves, as a sentence. */
  readonly title: string;
  /** `world` is the scenario's own part: what it starts there ends with it, and it owns the zones it sets. */
  readonly run: (world: World, shared: Shared) => Promise<void>;
}

/** What scenarios have in common, because it takes long to start and none of them changes it. */
export interface Shared {
  /** initech-corp.com: a Prosody and an appliance attached as wave.initech-corp.com, started when first asked for. */
  readonly home: () => Promise<Site>;
}
