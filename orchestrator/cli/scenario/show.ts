// SPDX-License-Identifier: MIT
import { UsageError } from "../../errors.ts";
import { readPlan } from "../../run/read-plan.ts";
import type { Plan } from "../../scenario/plan.ts";
import { graphLines } from "../../scenario/topology/graph-text.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { fileOf } from "../flags/scenario-choice.ts";
import { scenarioFlags } from "../flags/scenario-flags.ts";
import { kernelOf } from "./list.ts";

const flags = { set: scenarioFlags.set, ...helpFlag } as const satisfies Flags;

const help = () => `usage: ntb-edma-lab show SCENARIO [FLAGS]

What a scenario is about, and its machines with the links between them.

${flagRows(flags)}
Exit status: 0 shown; 2 bad input or usage.
`;

/** `show`: a scenario's graph, without running it. */
export async function showCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) {
    const got = name === undefined ? "nothing" : positionals.join(" ");
    throw new UsageError(`expected "show SCENARIO", got ${got}`);
  }
  process.stdout.write(shown(readPlan(fileOf(name).file, { set: values.set ?? [] })));
  return 0;
}

/** The graph, once for all variants that have the same. */
export function shown(plan: Plan): string {
  const { scenario, title, variants } = plan;
  const graphs = Map.groupBy(variants, ({ topology }) => graphLines(topology).join("\n"));
  const blocks = [...graphs].map(([graph, those]) => {
    const names = those.map(({ variant }) => variant).join(", ");
    return graphs.size === 1 ? `${graph}\n` : `variants ${names}:\n${graph}\n`;
  });
  const kernel = kernelOf(plan);
  const head = `${scenario}: ${title}\n${kernel === "" ? "" : `${kernel}\n`}`;
  return `${head}\n${blocks.join("\n")}`;
}
