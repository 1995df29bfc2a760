// SPDX-License-Identifier: MIT

import { basename } from "node:path";
import { UsageError } from "../../errors.ts";
import { callerDirectory, scenarioDirectory } from "../../project.ts";
import type { Chosen } from "../../run/several/several.ts";
import { lastFailed, ofShard, type Shard } from "../../run/several/shard.ts";
import { findScenario, listScenarios } from "../../scenario/catalogue.ts";
import { suggestion } from "../../scenario/nearest.ts";
import { reproducing, type ScenarioValues } from "./scenario-flags.ts";

/** The scenarios that a command line means. Throws UsageError for a name that is none. */
export async function chooseScenarios(
  names: readonly string[],
  values: ScenarioValues,
  { shard, history }: { shard: Shard; history: string },
): Promise<Chosen[]> {
  const named =
    names.length > 0
      ? names.map(fileOf)
      : listScenarios(scenarioDirectory).map(({ name, file }) => ({ name, file }));
  const wanted = values["last-failed"] ? await failedBefore(history) : undefined;
  return ofShard(
    named.filter(({ file }) => !wanted || wanted.has(basename(file, ".yaml"))),
    shard,
  ).map((one) => ({ ...one, reproduce: reproducing(one.name, values) }));
}

async function failedBefore(history: string): Promise<Set<string>> {
  const { readHistory } = await import("../../report/history.ts");
  return lastFailed(await readHistory(history));
}

export function fileOf(given: string): { name: string; file: string } {
  const found = findScenario(given, scenarioDirectory, callerDirectory());
  if ("message" in found) {
    const verb = /Did you mean/.test(found.message) ? "" : suggestion(given, ["list", "run"]);
    throw new UsageError(`${found.message}${verb}`);
  }
  return { name: given, file: found.file };
}
