// SPDX-License-Identifier: MIT
import { resolve } from "node:path";
import { writeBundle } from "../../bundle/write.ts";
import { callerDirectory, projectDirectory } from "../../project.ts";
import type { KernelChoices } from "../../provision/kernel/kernel-choice.ts";
import { partsDirectory } from "../read-plan.ts";
import type { RunOnTerminal } from "./run-on-terminal.ts";

/** Packs a run that is over; resolves with the bundle's path. */
export function bundleOf(
  { plan, out, result, artifacts }: RunOnTerminal,
  kernels: KernelChoices,
  flags: readonly string[],
): Promise<string> {
  return writeBundle({
    ...{ out, result, artifacts, kernels, flags },
    files: plan.files.map((file) => resolve(callerDirectory(), file)),
    parts: partsDirectory,
    project: projectDirectory,
  });
}
