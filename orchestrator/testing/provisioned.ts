// SPDX-License-Identifier: MIT
/** Vitest's global set-up for tests that start the real QEMU: provisions once, before the first of them. */
import type { TestProject } from "vitest/node";
import type { Artifacts } from "../artifacts.ts";
import { callerDirectory } from "../project.ts";
import { provision } from "../provision/provision.ts";
import { readQemuChoice } from "../provision/qemu/choice.ts";
import type { ProvisionEvent } from "../provision/work/events.ts";

declare module "vitest" {
  export interface ProvidedContext {
    artifacts: Artifacts;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const qemu = readQemuChoice(process.env.NTB_EDMA_LAB_QEMU, callerDirectory());
  const { signal } = new AbortController();
  const artifacts = await provision({ headers: true, qemu }, { signal, progress: say });
  project.provide("artifacts", artifacts);
}

function say(event: ProvisionEvent): void {
  if (event.type === "task-started") process.stderr.write(`provision: ${event.task.title} …\n`);
}
