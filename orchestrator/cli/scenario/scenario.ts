// SPDX-License-Identifier: MIT
import { flagsOrHelp } from "../flags/flags.ts";
import { scenarioFlags, scenarioHelp } from "../flags/scenario-flags.ts";

/** `scenario`, `scenario list`, `scenario run NAME...` and `scenario NAME...`: lists scenarios, or runs some. */
export async function scenarioCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, scenarioFlags, scenarioHelp);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [verb, ...rest] = positionals;
  const names = verb === "run" ? rest : positionals;
  const several = values.all || values["last-failed"] || values.shard !== undefined;
  if (verb === "list" || (verb === undefined && !several)) {
    const { listScenariosCommand } = await import("./list.ts");
    return listScenariosCommand(rest);
  }
  const { runScenarios } = await import("./run.ts");
  return runScenarios(names, values);
}
