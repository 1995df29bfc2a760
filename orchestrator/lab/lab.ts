// SPDX-License-Identifier: MIT
import { appendFile, copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artifacts } from "../provision/artifacts.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { type Accelerator, qemuArguments, type Role, roles } from "./arguments.ts";
import { makeRunKeys, type RunKeys } from "./keys.ts";
import { PcieLink } from "./link.ts";
import type { QemuCommand } from "./qemu.ts";
import { Teardown } from "./teardown.ts";
import { makeTemporaryDirectory } from "./temporary.ts";
import { awaitRunning, type RunningVm, type StartedVm, startVm } from "./vm.ts";

/** What a lab is made from. */
export interface LabSetup {
  readonly plan: VariantPlan;
  readonly artifacts: Artifacts;
  readonly accelerator: Accelerator;
  /** Where console and QEMU logs go. */
  readonly out: string;
  /** Every time limit is multiplied by this. */
  readonly timeScale: number;
  readonly signal: AbortSignal;
  /** Behind both QEMUs' own arguments. */
  readonly extraArguments?: readonly string[];
}

/** Both VMs, at whatever state `Vm` says. */
export interface LabOf<Vm> {
  readonly endpoint: Vm;
  readonly host: Vm;
  readonly link: PcieLink;
  /** Directory for short-lived files, gone with the lab. */
  readonly directory: string;
  /** Aborts when the run is cancelled or a guest crashes; its reason is the error to show. */
  readonly signal: AbortSignal;
}

/** Two VMs whose guests answer. */
export type RunningLab = LabOf<RunningVm>;

/** Two VMs that have been started and must be closed. */
export interface StartedLab extends LabOf<StartedVm> {
  /** Waits for both guests. */
  running(): Promise<RunningLab>;
  /** Ends both VMs and removes everything but the logs. Returns what could not be removed. */
  close(): Promise<readonly Error[]>;
}

const startMs = 15_000;
const bootMs = 30_000;

/** Starts both VMs at once. On failure nothing of them is left. */
export async function startLab(setup: LabSetup): Promise<StartedLab> {
  const teardown = new Teardown();
  try {
    return await start(setup, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(setup: LabSetup, teardown: Teardown): Promise<StartedLab> {
  const temporary = await makeTemporaryDirectory();
  teardown.add(`the directory ${temporary.path}`, temporary.remove);
  const keys = makeRunKeys();
  const paths = await prepareFiles(setup, keys, temporary.path);
  const failure = new AbortController();
  const signal = AbortSignal.any([setup.signal, failure.signal]);
  const limit = { ms: startMs * setup.timeScale, signal };

  // The VM that fails first must not leave the other one behind: wait for both, then look.
  const outcomes = await Promise.allSettled(
    roles.map(async (role) => {
      const command = qemuCommand(role, setup, paths[role]);
      const onCrash = (error: Error) => failure.abort(error);
      const vm = await startVm(role, command, paths[role].qmp, limit, onCrash);
      teardown.add(`the ${vm.name}`, vm.end);
      teardown.add(`QMP of the ${vm.name}`, () => vm.qmp.close());
      return vm;
    }),
  );
  const [endpoint, host] = outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
  if (!endpoint || !host) throw new Error("unreachable: there are two roles");
  // Both at once: a guest whose peer is pulled from under it may well crash, and say so on its console.
  teardown.add("both VMs", () => Promise.all([endpoint.end(), host.end()]));
  const link = new PcieLink(endpoint.qmp, host.qmp, paths.host.link);
  const parts = { link, directory: temporary.path, signal };
  return {
    ...parts,
    endpoint,
    host,
    running: async () => {
      const boot = { ms: bootMs * setup.timeScale, signal };
      const [runningEndpoint, runningHost] = await Promise.all(
        [endpoint, host].map(async (vm) => {
          const running = await awaitRunning(vm, keys, boot);
          teardown.add(`SSH to the ${vm.name}`, () => running.ssh.close());
          return running;
        }),
      );
      if (!runningEndpoint || !runningHost) throw new Error("unreachable: there are two roles");
      return { ...parts, endpoint: runningEndpoint, host: runningHost };
    },
    close: () => teardown.run(),
  };
}

/** What each guest boots, its image with this run's keys behind it, and where the VMs' files and sockets are. */
async function prepareFiles({ artifacts }: LabSetup, keys: RunKeys, directory: string) {
  const { host, endpoint } = artifacts.guests;
  const boot = async (role: Role): Promise<BootFiles> => {
    const { kernel, initrd } = artifacts.guests[role];
    const copy = join(directory, `${role}-initrd`);
    await copyFile(initrd, copy);
    await appendFile(copy, keys.overlay);
    return { kernel: kernel.image, initrd: copy };
  };
  const ofHost = await boot("host");
  const ofEndpoint = endpoint === host ? ofHost : await boot("endpoint");
  return labPaths({ host: ofHost, endpoint: ofEndpoint }, directory);
}

/** What QEMU loads into one VM. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
}

/** Where both VMs' files and sockets are. */
export function labPaths(boot: Readonly<Record<Role, BootFiles>>, directory: string) {
  const link = join(directory, "link");
  const direct = { endpoint: join(directory, "direct-e"), host: join(directory, "direct-h") };
  const of = (role: Role) => ({
    ...boot[role],
    link,
    qmp: join(directory, `${role}.qmp`),
    direct: { own: direct[role], peer: direct[role === "host" ? "endpoint" : "host"] },
  });
  return { endpoint: of("endpoint"), host: of("host") };
}

function qemuCommand(
  role: Role,
  setup: LabSetup,
  paths: ReturnType<typeof labPaths>[Role],
): QemuCommand {
  return {
    name: `${role} VM`,
    binary: setup.artifacts.qemu.binary,
    args: [
      ...qemuArguments(role, setup.plan, paths, setup.accelerator),
      ...(setup.extraArguments ?? []),
    ],
    env: { QEMU_MODULE_DIR: setup.artifacts.qemu.moduleDir },
    consoleLog: join(setup.out, `${role}-console.log`),
    qemuLog: join(setup.out, `${role}-qemu.log`),
  };
}
