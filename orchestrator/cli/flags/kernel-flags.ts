// SPDX-License-Identifier: MIT
//
// The flags that say what the guests' kernels are made of, for every command that has something to do with them. What each
// of them is stands in orchestrator/provision/kernel/choice.

import { callerDirectory } from "../../project.ts";
import type { KernelFlags } from "../../provision/kernel/choice/part.ts";
import {
  type KernelChoices,
  type KernelFlagValues,
  kernelFlags,
  kernelVariables,
  readChoices,
  type Surroundings,
} from "../../provision/kernel/kernel-choice.ts";
import { flagRows, flagWords } from "./flags.ts";

export { kernelFlags, otherFlags, sourceFlags } from "../../provision/kernel/kernel-choice.ts";

/** The flags' part of a command's help. */
export const kernelHelp = `${flagRows(kernelFlags)}
${kernelVariables.join(" and ")} in the environment are as for the kernel's make.
`;

/** The environment's part of a choice of kernels, as words before a command. */
export function kernelEnvironment(env: Surroundings["env"] = process.env): string[] {
  return kernelVariables.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
}

/**
 * Both guests' kernels as the flags and the environment ask for them.
 *
 * @throws UsageError for a tree that is not there and a word that is no kernel.
 */
export function kernelChoices(
  values: KernelFlagValues,
  surroundings: Surroundings = { directory: callerDirectory(), env: process.env },
): KernelChoices {
  return readChoices(values, surroundings);
}

/** The words that give the same kernels again, with absolute paths, for the command that reproduces a run. */
export function kernelWords(values: KernelFlagValues, directory = callerDirectory()): string[] {
  const flags: KernelFlags = kernelFlags;
  return flagWords(flags, values, ({ anywhere }, word) => anywhere?.(word, directory) ?? word);
}
