// SPDX-License-Identifier: MIT
import { appendFile, copyFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Artifacts } from "../artifacts.ts";
import type { IsKnown } from "../scenario/known-noise.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { type Accelerator, qemuArguments } from "./arguments.ts";
import { captureGuest, removeCaptures } from "./capture.ts";
import type { GuestConsole } from "./console.ts";
import { stopTogether } from "./gdb.ts";
import { type Inspection, inspectionArguments, noInspection } from "./inspection.ts";
import { makeRunKeys, type RunKeys } from "./keys.ts";
import { PcieLink } from "./link.ts";
import { Machine } from "./machine.ts";
import { type BootFiles, labPaths } from "./paths.ts";
import type { QemuCommand } from "./qemu.ts";
import type { Role } from "./role.ts";
import { guestPcap, vmFiles } from "./run-files.ts";
import { shellScript } from "./shell-line.ts";
import type { SshConnection } from "./ssh.ts";
import { Teardown } from "./teardown.ts";
import { makeTemporaryDirectory } from "./temporary.ts";
import { loadTimeGrid, onTimeGrid } from "./time-grid.ts";
import { enableTrace, removeTraceLogs } from "./trace.ts";
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
  readonly inspection?: Inspection;
  /** Complaints on consoles that the scenario knows of; all others end the run. */
  readonly isKnown?: IsKnown;
  /** Behind both QEMUs' own arguments. */
  readonly extraArguments?: readonly string[];
}

/** Both VMs, at whatever state `Vm` says. A VM whose power was cut cannot be had: asking for it throws UsageError. */
export interface LabOf<Vm> {
  readonly endpoint: Vm;
  readonly host: Vm;
  /** What both machines print, whichever VMs they are. */
  readonly consoles: Readonly<Record<Role, GuestConsole>>;
  readonly link: PcieLink;
  /** Directory for short-lived files, gone with the lab. */
  readonly directory: string;
  /** Aborts when the run is cancelled, or a guest crashes or complains; its reason is the error to show. */
  readonly signal: AbortSignal;
}

/** Two VMs whose guests answer. */
export interface RunningLab extends LabOf<RunningVm> {
  /** Ends a VM as if its power failed: SIGKILL to its QEMU. Nobody takes that for a crash. */
  cutPower(role: Role): Promise<void>;
  /** Boots another VM in the place of one whose power was cut, and waits for its guest. The link has to be trained again. */
  restart(role: Role): Promise<RunningVm>;
}

/** Two VMs that have been started and must be closed. */
export interface StartedLab extends LabOf<StartedVm> {
  /** By which one logs into the guests. */
  readonly keys: RunKeys;
  /** Whether a VM is there; not after its power was cut. */
  isOn(role: Role): boolean;
  /** Waits for both guests. */
  running(): Promise<RunningLab>;
  /** Ends both VMs and removes everything but the logs. Returns what could not be removed. */
  close(): Promise<readonly Error[]>;
}

const startMs = 15_000;
const bootMs = 30_000;
const captureMs = 5000;
const gridMs = 5000;

/** Starts both VMs at once. On failure nothing of them is left. */
export type StartLab = (setup: LabSetup) => Promise<StartedLab>;

export const startLab: StartLab = async (setup) => {
  const teardown = new Teardown();
  try {
    return await start(setup, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
};

async function start(setup: LabSetup, teardown: Teardown): Promise<StartedLab> {
  const { inspection = noInspection } = setup;
  if (inspection.trace) await removeTraceLogs(setup.out);
  if (inspection.pcap) await removeCaptures(setup.out);
  const temporary = await makeTemporaryDirectory();
  teardown.add(`the directory ${temporary.path}`, temporary.remove);
  const keys = makeRunKeys();
  const paths = await prepareFiles(setup, keys, temporary.path);
  const failure = new AbortController();
  const signal = AbortSignal.any([setup.signal, failure.signal]);

  const makeMachine = (role: Role) => {
    let boots = 0;
    return new Machine(role, {
      start: async (predecessor) => {
        const command = qemuCommand(role, setup, paths[role]);
        const script = shellScript(command.env ?? {}, command.binary, command.args);
        await writeFile(vmFiles(role, setup.out).script, script);
        const report = (error: Error) => failure.abort(error);
        const watch = { isKnown: setup.isKnown ?? (() => false), report };
        const limit = { ms: startMs * setup.timeScale, signal };
        const vm = await startVm(role, command, paths[role].qmp, limit, watch, predecessor);
        teardown.add(`the ${vm.name}`, vm.end);
        teardown.add(`QMP of the ${vm.name}`, () => vm.qmp.close());
        const { trace } = inspection;
        if (trace) await enableTrace(vm.qmp, trace);
        return vm;
      },
      boot: async (vm) => {
        const running = await awaitRunning(vm, keys, { ms: bootMs * setup.timeScale, signal });
        teardown.add(`SSH to the ${vm.name}`, () => running.ssh.close());
        if (setup.plan.topology.time === "virtual") await beginOnGrid(running.ssh, setup, signal);
        if (inspection.pcap) {
          const file = guestPcap(role, setup.out, ++boots);
          const limit = { ms: captureMs * setup.timeScale, signal };
          teardown.add(`packets of the ${vm.name}`, await captureGuest(running.ssh, file, limit));
        }
        return running;
      },
    });
  };
  const machines = { endpoint: makeMachine("endpoint"), host: makeMachine("host") };
  const all = [machines.endpoint, machines.host];

  // The VM that fails first must not leave the other one behind: wait for both, then look.
  const outcomes = await Promise.allSettled(all.map((machine) => machine.start()));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  // Both at once: a guest whose peer is pulled from under it may well crash, and say so on its console.
  const endBoth = () => Promise.all(all.map((machine) => machine.cutPower()));
  teardown.add("both VMs", endBoth);
  const { gdb } = inspection;
  if (gdb) {
    const other = gdb === "host" ? "endpoint" : "host";
    stopTogether(machines[gdb].started.qmp, machines[other].started.qmp);
  }
  const parts = {
    link: new PcieLink(machines, paths.host.link),
    consoles: { endpoint: machines.endpoint.console, host: machines.host.console },
    directory: temporary.path,
    signal,
  };
  const runningLab: RunningLab = {
    ...parts,
    get endpoint() {
      return machines.endpoint.running;
    },
    get host() {
      return machines.host.running;
    },
    cutPower: (role) => machines[role].cutPower(),
    restart: async (role) => {
      await machines[role].start();
      teardown.add("both VMs", endBoth);
      return machines[role].boot();
    },
  };
  return {
    ...parts,
    keys,
    isOn: (role) => machines[role].isOn,
    get endpoint() {
      return machines.endpoint.started;
    },
    get host() {
      return machines.host.started;
    },
    running: async () => {
      await Promise.all(all.map((machine) => machine.boot()));
      return runningLab;
    },
    close: () => teardown.run(),
  };
}

/** Every command that follows begins at a multiple of the guest's time. */
async function beginOnGrid(
  ssh: SshConnection,
  { timeScale }: LabSetup,
  signal: AbortSignal,
): Promise<void> {
  await ssh.check(loadTimeGrid, { ms: gridMs * timeScale, what: "loading time_grid", signal });
  ssh.arrange(onTimeGrid);
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

function qemuCommand(
  role: Role,
  setup: LabSetup,
  paths: ReturnType<typeof labPaths>[Role],
): QemuCommand {
  const inspection = setup.inspection ?? noInspection;
  const { consoleLog, qemuLog } = vmFiles(role, setup.out);
  return {
    name: `${role} VM`,
    binary: setup.artifacts.qemu.binary,
    args: [
      ...qemuArguments(role, setup.plan, paths, setup.accelerator, inspection),
      ...inspectionArguments(role, inspection, {
        directory: dirname(paths.qmp),
        out: setup.out,
        directNetwork: setup.plan.topology["direct-network"],
      }),
      ...(setup.extraArguments ?? []),
    ],
    ...{ consoleLog, qemuLog },
  };
}
