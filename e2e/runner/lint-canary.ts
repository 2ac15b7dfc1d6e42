import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../stack/folders.ts";
import { runCommand } from "./command.ts";

interface Plant {
  readonly file: string;
  readonly code: string;
  /** The rule that must report this file; a configuration error would have the same exit code. */
  readonly rule: string;
}

const IMPORTS = "eslint(no-restricted-imports)";

/** One violation of each rule that holds the layers apart, and of those that we lean on most. */
const PLANTS: readonly Plant[] = [
  { file: "server/protocol/xmpp/p1.ts", code: 'import "#contract/a.ts";', rule: IMPORTS },
  { file: "server/protocol/xmpp/p2.ts", code: 'import "node:fs";', rule: IMPORTS },
  { file: "server/protocol/xmpp/p3.ts", code: 'export * from "../../store/a.ts";', rule: IMPORTS },
  {
    file: "server/protocol/p4.ts",
    code: "export const at = Date.now();",
    rule: "eslint(no-restricted-globals)",
  },
  {
    file: "server/protocol/p5.ts",
    code: "export const draw = Math.random();",
    rule: "eslint(no-restricted-properties)",
  },
  { file: "server/contract/c1.ts", code: 'export type { A } from "#store/a.ts";', rule: IMPORTS },
  { file: "server/contract/c2.ts", code: 'import type { A } from "../store/a.ts";', rule: IMPORTS },
  { file: "server/store/s1.ts", code: 'import "#links/a.ts";', rule: IMPORTS },
  ...["links", "resolver", "peers", "certificates"].flatMap((folder, index, all): Plant[] => {
    const other = all[(index + 1) % all.length];
    return [
      {
        file: `server/${folder}/f1.ts`,
        code: `import type { A } from "#${other}/a.ts";`,
        rule: IMPORTS,
      },
      { file: `server/${folder}/f2.ts`, code: `await import("#${other}/a.ts");`, rule: IMPORTS },
      { file: `server/${folder}/f3.ts`, code: `import "../${other}/a.ts";`, rule: IMPORTS },
      { file: `server/${folder}/f4.ts`, code: 'import "#http/a.ts";', rule: IMPORTS },
    ];
  }),
  { file: "server/http/h1.ts", code: 'import "#testing/a.ts";', rule: IMPORTS },
  { file: "server/http/routes/h2.ts", code: 'export * from "../../store/a.ts";', rule: IMPORTS },
  { file: "web/w1.ts", code: 'import type { A } from "#store/a.ts";', rule: IMPORTS },
  { file: "web/pages/w2.tsx", code: 'import "../../server/store/a.ts";', rule: IMPORTS },
  { file: "e2e/ui/e1.ts", code: 'import "#http/a.ts";', rule: IMPORTS },
  {
    file: "server/peers/t1.ts",
    code: "const later = async () => {};\nexport const run = () => { later(); };",
    rule: "typescript(no-floating-promises)",
  },
  {
    file: "server/peers/t2.ts",
    code: "export const loose = (value: any) => value;",
    rule: "typescript(no-explicit-any)",
  },
  {
    file: "server/peers/cycle1.ts",
    code: 'import { two } from "#peers/cycle2.ts";\nexport const one = () => two;',
    rule: "import(no-cycle)",
  },
  {
    file: "server/peers/cycle2.ts",
    code: 'import { one } from "#peers/cycle1.ts";\nexport const two = () => one;',
    rule: "import(no-cycle)",
  },
];

/** Lints planted violations in a copy of the configuration; returns what the linter let pass. */
export async function findUnreportedPlants(root: string): Promise<string[]> {
  const folder = makeFolder("canary");
  try {
    const tree = folder.path;
    for (const kept of [".oxlintrc.json", "package.json", "tsconfig.json"]) {
      cpSync(join(root, kept), join(tree, kept));
    }
    for (const config of ["server", "server/protocol", "web", "e2e"]) {
      mkdirSync(join(tree, config), { recursive: true });
      cpSync(join(root, config, "tsconfig.json"), join(tree, config, "tsconfig.json"));
    }
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    for (const { file, code } of PLANTS) {
      mkdirSync(dirname(join(tree, file)), { recursive: true });
      writeFileSync(join(tree, file), `${code}\n`);
    }
    const { output } = await runCommand({
      command: "oxlint",
      args: ["--type-aware", "--format=unix", "server", "web", "e2e"],
      cwd: tree,
      timeoutMs: 60_000,
    });
    const lines = output.split("\n");
    return PLANTS.filter(
      ({ file, rule }) => !lines.some((line) => line.startsWith(`${file}:`) && line.includes(rule)),
    ).map(({ file, rule, code }) => `${rule} said nothing of ${file}: ${code}`);
  } finally {
    folder.remove();
  }
}
