// SPDX-License-Identifier: MIT
//
// The command behind ci/rehearse.sh.

import { mkdtempSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultCacheRoot } from "../../orchestrator/provision/cache/cache.ts";
import { FakeGitHub } from "../testing/fake-github.ts";
import { CacheService } from "./cache-service.ts";
import { rehearse } from "./rehearse.ts";

const help = `usage: ci/rehearse.sh [WORKFLOW...] [FLAGS]

Runs workflows on this machine as GitHub would hand things from job to job: each job in a fresh clone with an empty home, and
with nothing but what caches, artifacts and outputs bring. Without a WORKFLOW, ci and nightly.

  --nights N          how often each is run, caches staying from one time to the next (default: 2)
  --machines N        how many jobs of a matrix run at the same time (default: 1)
  --input NAME=VALUE  an input of workflow_dispatch, such as kernels=pinned; may be given several times
  --cold              a job that finds no cache builds what it needs; otherwise this machine's cache stands for that
  --out DIR           where workspaces, logs and caches go (default: a new directory beside the cache)
  --help              this text

Exit status: 0 all jobs passed, 1 otherwise.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nights: { type: "string", default: "2" },
    machines: { type: "string", default: "1" },
    input: { type: "string", multiple: true, default: [] },
    cold: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(help);
else process.exitCode = await main();

async function main(): Promise<number> {
  // Where files of the cache can be linked, not copied.
  const beside = join(homedir(), ".cache");
  await mkdir(beside, { recursive: true });
  const directory =
    values.out === undefined ? mkdtempSync(join(beside, "rehearsal-")) : resolve(values.out);
  const github = await FakeGitHub.start("here/rehearsal", []);
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const inputs = Object.fromEntries(
    values.input.map((text) => {
      const [name = "", ...value] = text.split("=");
      return [name, value.join("=")];
    }),
  );
  try {
    let failures = 0;
    for (const workflow of positionals.length > 0 ? positionals : ["ci", "nightly"]) {
      const site = {
        ...{ project: resolve(import.meta.dirname, "../.."), directory, github },
        caches: new CacheService(join(directory, "caches", workflow)),
        built: values.cold ? undefined : defaultCacheRoot(),
      };
      const jobs = await rehearse(site, {
        ...{ workflow, nights: Number(values.nights), inputs: () => inputs, tell },
        machines: Number(values.machines),
      });
      failures += jobs.filter(({ result }) => result === "failure").length;
    }
    for (const { number, title } of github.issues) tell(`issue ${number}: ${title}`);
    tell(
      failures === 0
        ? `all jobs passed; logs are in ${directory}/logs`
        : `${failures} jobs failed; logs are in ${directory}/logs`,
    );
    return failures === 0 ? 0 : 1;
  } finally {
    await github.close();
  }
}
