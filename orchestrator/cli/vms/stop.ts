// SPDX-License-Identifier: MIT

import { UsageError } from "../../errors.ts";
import { endKept, type KeptLab, keptLabs } from "../../lab/kept.ts";
import { suggestion } from "../../scenario/nearest.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";

const flags = {
  list: { type: "boolean", help: "only tell which VMs are kept" },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab stop [SCENARIO...] [FLAGS]

Ends the VMs that runs with --keep have left up: all, or those of some scenarios.

${flagRows(flags)}
Exit status: 0 they are gone, or none was up; 2 bad usage; 125 they could not be ended.
`;

/** `stop`: ends kept VMs. */
export async function stopCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const kept = keptLabs();
  for (const name of positionals) {
    if (kept.some(({ scenario }) => scenario === name)) continue;
    const near = suggestion(
      name,
      kept.map(({ scenario }) => scenario),
    );
    throw new UsageError(`no VMs of a scenario "${name}" are kept.${near}`);
  }
  const meant = kept.filter(
    ({ scenario }) => positionals.length === 0 || positionals.includes(scenario),
  );
  if (meant.length === 0) process.stdout.write("No VMs are kept.\n");
  for (const lab of meant) {
    if (!values.list) await endKept(lab);
    process.stdout.write(`${values.list ? "up:" : "ended:"} ${describe(lab)}\n`);
  }
  return 0;
}

export function describe({ scenario, variant, since, vms }: KeptLab): string {
  const which = Object.keys(vms).toReversed().join(" and ");
  const name = variant === "" ? scenario : `${scenario}, variant ${variant}`;
  return `${which} of ${name}, since ${new Date(since).toLocaleTimeString("sv-SE")}`;
}
