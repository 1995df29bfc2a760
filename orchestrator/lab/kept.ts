// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { InfrastructureError } from "../run/errors.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { type Role, roles } from "./arguments.ts";
import { seconds } from "./deadline.ts";
import { inspectionPaths } from "./inspection.ts";
import type { StartedLab } from "./lab.ts";
import { isRunning, prefix } from "./temporary.ts";
import { controlPort } from "./vm.ts";

const fileName = "kept.json";

/** The ways into one VM that is still up. */
const keptVmSchema = z.object({
  /** On 127.0.0.1, of the guest's SSH server. */
  port: z.int(),
  monitor: z.string(),
  consoleLog: z.string(),
});

const keptSchema = z.object({
  schema: z.literal(1),
  /** The process that holds the VMs: with it they end. */
  pid: z.int(),
  scenario: z.string(),
  variant: z.string(),
  since: z.iso.datetime(),
  /** Private key for the guests, in OpenSSH's format. */
  login: z.string(),
  /** The guests' public host key, as base64. */
  hostKey: z.string(),
  /** A VM whose power was cut is absent. */
  vms: z.object({ host: keptVmSchema.optional(), endpoint: keptVmSchema.optional() }),
});

/** Two VMs that a run has left up. */
export interface KeptLab extends z.output<typeof keptSchema> {
  /** Where its sockets and this description are; gone with the VMs. */
  readonly directory: string;
}

/** Writes down how to get into a lab that this process holds, for the project's other commands. */
export async function describeKept(
  lab: StartedLab,
  scenario: string,
  plan: VariantPlan,
): Promise<KeptLab> {
  const vms: Partial<Record<Role, z.output<typeof keptVmSchema>>> = {};
  for (const role of roles) {
    if (!lab.isOn(role)) continue;
    vms[role] = {
      port: controlPort(await lab[role].qmp.human("info usernet")),
      monitor: inspectionPaths(role, lab.directory).monitor,
      consoleLog: lab.consoles[role].file,
    };
  }
  const { login, hostKey } = lab.keys;
  const key = join(lab.directory, "login-key");
  await writeFile(key, login, { mode: 0o600 });
  const kept = {
    schema: 1 as const,
    pid: process.pid,
    scenario,
    variant: plan.variant,
    since: new Date().toISOString(),
    login: key,
    hostKey: hostKey.toString("base64"),
    vms,
  };
  await writeFile(join(lab.directory, fileName), `${JSON.stringify(kept, null, 2)}\n`);
  return { ...kept, directory: lab.directory };
}

/** All VMs that runs of this user have left up, the latest first. */
export function keptLabs(parent = tmpdir()): KeptLab[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => {
      const directory = join(parent, name);
      const kept = read(join(directory, fileName));
      return kept && isRunning(kept.pid) ? [{ ...kept, directory }] : [];
    })
    .sort((a, b) => b.since.localeCompare(a.since));
}

function read(file: string): z.output<typeof keptSchema> | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

const endMs = 20_000;

/** Ends kept VMs and waits until nothing is left of them. */
export async function endKept({ pid, directory, scenario }: KeptLab): Promise<void> {
  process.kill(pid, "SIGTERM");
  const began = performance.now();
  // Of the end of a process that is no child of one's own nothing tells; it takes a fraction of a second.
  while (isRunning(pid)) {
    if (performance.now() - began > endMs) {
      throw new InfrastructureError(
        `waited ${seconds(endMs)} for process ${pid} to end the VMs of ${scenario} (${directory}); "kill -9 ${pid}" ends both`,
      );
    }
    await pause(50);
  }
}
