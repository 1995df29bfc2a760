// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { InfrastructureError, UsageError } from "../errors.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { seconds } from "./deadline.ts";
import { inspectionSockets } from "./inspection.ts";
import type { StartedLab } from "./lab.ts";
import { QmpError } from "./qmp.ts";
import { SshConnection } from "./ssh.ts";
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
  /** All machines of the scenario. */
  machines: z.array(z.string()),
  /** A VM whose power was cut is absent. */
  vms: z.record(z.string(), keptVmSchema),
});

/** VMs that a run has left up. */
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
  const vms: Record<MachineName, z.output<typeof keptVmSchema>> = {};
  for (const [name, console] of Object.entries(lab.consoles)) {
    const port = await portOf(lab, name);
    if (port === undefined) continue;
    const { monitor } = inspectionSockets(name, lab.directory);
    vms[name] = { port, monitor, consoleLog: console.file };
  }
  const { login, hostKey } = lab.keys;
  const key = join(lab.directory, "login-key");
  await writeFile(key, login, { mode: 0o600 });
  const known = join(lab.directory, "known-hosts");
  await writeFile(known, `${hostAlias} ssh-ed25519 ${hostKey.toString("base64")}\n`);
  await writeFile(join(lab.directory, sshConfigName), sshConfig(vms, key, known));
  const kept = {
    schema: 1 as const,
    pid: process.pid,
    scenario,
    variant: plan.variant,
    since: new Date().toISOString(),
    login: key,
    hostKey: hostKey.toString("base64"),
    machines: Object.keys(lab.consoles),
    vms,
  };
  await writeFile(join(lab.directory, fileName), `${JSON.stringify(kept, null, 2)}\n`);
  return { ...kept, directory: lab.directory };
}

/** The port of a guest's SSH; undefined when its QEMU is gone. */
async function portOf(lab: StartedLab, machine: MachineName): Promise<number | undefined> {
  if (!lab.isOn(machine)) return undefined;
  try {
    return controlPort(await lab.vm(machine).qmp.human("info usernet"));
  } catch (error) {
    if (error instanceof QmpError) return undefined;
    throw error;
  }
}

const sshConfigName = "ssh-config";
/** All guests have the same host key, under whatever port. */
const hostAlias = "ntb-edma-lab";

/** For `ssh -F FILE host` and whatever else understands it. */
function sshConfig(vms: KeptLab["vms"], key: string, known: string): string {
  const one = (machine: MachineName, port: number) => `Host ${machine}
  HostName 127.0.0.1
  Port ${port}
  User root
  IdentityFile ${key}
  IdentitiesOnly yes
  UserKnownHostsFile ${known}
  HostKeyAlias ${hostAlias}
`;
  return Object.entries(vms)
    .map(([machine, { port }]) => one(machine, port))
    .join("");
}

export function sshConfigOf({ directory }: KeptLab): string {
  return join(directory, sshConfigName);
}

const loginMs = 10_000;

/** Logs into a guest that is still up. Throws UsageError for a VM that is gone, GuestError for one that does not answer. */
export async function joinKept(
  kept: KeptLab,
  machine: MachineName,
  signal: AbortSignal,
): Promise<SshConnection> {
  const vm = kept.vms[machine];
  const name = `${machine} VM`;
  if (!vm) throw new UsageError(`the ${name} of ${kept.scenario} is gone: its power was cut`);
  const login = readFileSync(kept.login, "utf8");
  const target = { name, port: vm.port, login, hostKey: Buffer.from(kept.hostKey, "base64") };
  return SshConnection.connect(target, { ms: loginMs, what: `SSH login to the ${name}`, signal });
}

/** All VMs that runs of this user have left up, the latest first. */
export function keptLabs(parent = tmpdir()): KeptLab[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => {
      const directory = join(parent, name);
      const kept = read(join(directory, fileName));
      return kept && isOwn(directory) && isKeeper(kept.pid) ? [{ ...kept, directory }] : [];
    })
    .sort((a, b) => b.since.localeCompare(a.since));
}

/** The superuser can read everybody's. */
function isOwn(directory: string): boolean {
  return statSync(directory, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

/** Whether the process is there and is this program's: the number may be another's by now. */
function isKeeper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("orchestrator/cli/main.ts");
  } catch {
    return false;
  }
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
        `waited ${seconds(endMs)} for process ${pid} to end the VMs of ${scenario} (${directory}); "kill -9 ${pid}" ends them`,
      );
    }
    await pause(50);
  }
}
