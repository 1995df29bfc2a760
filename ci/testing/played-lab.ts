// SPDX-License-Identifier: MIT
//
// Stands for ntb-edma-lab where a whole night is played through in a minute: it builds nothing and boots nothing, but minds which
// kernel it is asked for. What was built for one kernel is of no use for another, and what is not there cannot be booted.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { passingRun, skippedRun } from "../../orchestrator/report/testing/samples.ts";
import { ofShard, parseShard } from "../../orchestrator/run/several/shard.ts";
import { listScenarios } from "../../orchestrator/scenario/catalogue.ts";

const [command = "", ...words] = process.argv.slice(2);
/** Flags that say nothing of the kernel: those with a value, and those without. */
const withValue = ["--out", "--shard", "--label", "--expect-skips", "--export", "--import"];
const others = ["--history", "--retries", "--jobs"];
const alone = ["--all", "--no-build", "--headers", "--fail-on-flaky", "--bundle"];

const flags = new Map<string, string>();
const names: string[] = [];
const kernel: string[] = [];
for (let at = 0; at < words.length; at++) {
  const [name = "", inline] = (words[at] ?? "").split("=");
  if ([...withValue, ...others].includes(name)) flags.set(name, inline ?? words[++at] ?? "");
  else if (alone.includes(name)) flags.set(name, "");
  else if (name === "--kernel") kernel.push(name, words[++at] ?? "");
  else if (name.startsWith("--")) kernel.push(name);
  else if (name !== "run") names.push(name);
}

const cache = join(
  process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? "", ".cache"),
  "ntb-edma-lab",
);
const key = kernel.join(" ") || "pinned";
const built = join(cache, "kernel", key.replaceAll(/\W+/g, "-"));

if (command === "build") build();
else if (command === "scenario") scenario();
else {
  const main = resolve(import.meta.dirname, "../../orchestrator/cli/main.ts");
  process.exitCode =
    spawnSync(process.execPath, [main, command, ...words], { stdio: "inherit" }).status ?? 125;
}

function build(): void {
  const taken = flags.get("--import");
  if (taken !== undefined) {
    const found = readFileSync(taken, "utf8");
    if (found !== key)
      return void fail(2, `expected what was built for ${key}, ${taken} is of ${found}`);
    have();
  }
  if (!flags.has("--no-build")) have();
  if (!existsSync(built)) return void fail(125, `nothing was built for ${key}`);
  const file = flags.get("--export");
  if (file !== undefined) writeFileSync(file, key);
}

function have(): void {
  for (const directory of [built, join(cache, "pins")]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(cache, "pins/kernel.json"), "{}");
}

function scenario(): void {
  if (!existsSync(built))
    return void fail(125, `nothing was built for ${key}, which is to be booted`);
  const out = flags.get("--out") ?? "";
  const all = listScenarios("scenarios").map(({ file }) => basename(file, ".yaml"));
  const skips = flags.get("--expect-skips")?.split(",") ?? [];
  const put = (directory: string, name: string) => {
    const run = skips.includes(name) ? skippedRun() : passingRun();
    mkdirSync(directory, { recursive: true });
    const result = { ...run, scenario: name, versions: { ...run.versions, kernel: key } };
    writeFileSync(join(directory, "result.json"), JSON.stringify(result));
  };
  const shard = flags.get("--shard");
  if (shard === undefined) return void put(out, names[0] ?? "");
  if (!flags.has("--no-build")) return void fail(1, "a part of the night may build");
  const part = parseShard(shard);
  const mine = ofShard(flags.has("--all") ? all : names, part);
  for (const name of mine) put(join(out, name), name);
  const label = flags.get("--label") ?? "";
  const plan = { schema: 1, label, shard: part, scenarios: mine, expectedSkips: skips };
  writeFileSync(join(out, "shard.json"), JSON.stringify(plan));
}

function fail(status: number, text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = status;
}
