// SPDX-License-Identifier: MIT

import { UsageError } from "../../errors.ts";
import { flagRows, flagsOrHelp } from "../flags/flags.ts";
import { kernelHelp } from "../flags/kernel-flags.ts";
import { flags, ownFlags } from "./shell-flags.ts";

const help = () => `usage: ntb-edma-lab shell MACHINE [SCENARIO] [FLAGS] [-- COMMAND...]

A shell in a guest, on a terminal of its own, or one command. MACHINE is host or endpoint, or what the scenario
calls it. Without SCENARIO, joins the VMs that a run with --keep has left up; where there are none, or with SCENARIO,
boots new ones with the scenario's topology (default: smoke) and ends them with the shell. "exit" leaves; so does
Enter ~ . when the guest hangs.

${flagRows(ownFlags)}
Kernels:
${kernelHelp}
Exit status: the shell's or the command's; 255 connection lost, 2 bad usage, 125 no VMs.
`;

/** `shell`: a person in a guest. */
export async function shellCommand(args: readonly string[]): Promise<number> {
  const split = args.indexOf("--");
  const [own, command] = split < 0 ? [args, []] : [args.slice(0, split), args.slice(split + 1)];
  const asked = flagsOrHelp(own, flags, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const [where, scenario, ...more] = positionals;
  if (where === undefined || more.length > 0) {
    const got = where === undefined ? "nothing" : positionals.join(" ");
    throw new UsageError(`expected "shell MACHINE [SCENARIO]", got ${got}`);
  }
  if (values.monitor && command.length > 0) {
    throw new UsageError(`expected --monitor or a command, got both: ${command.join(" ")}`);
  }
  const { openShell } = await import("./shell-open.ts");
  return openShell({ machine: where, scenario, values, command: command.join(" ") || undefined });
}
