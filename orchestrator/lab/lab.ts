// SPDX-License-Identifier: MIT
import { appendFile, copyFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Artifacts, qemuOf } from "../artifacts.ts";
import type { IsKnown } from "../scenario/known-noise.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { directEnds } from "../scenario/topology/direct-network.ts";
import { type MachineName, machineOf, namesOf, type Role } from "../scenario/topology/graph.ts";
import { qemuArguments } from "./arguments.ts";
import type { Accelerator } from "./boards.ts";
import { captureGuest, removeCaptures } from "./capture.ts";
import type { GuestConsole } from "./console.ts";
import { stopTogether } from "./gdb.ts";
import { type Inspection, inspectionArguments, noInspection } from "./inspection.ts";
import { makeRunKeys, type RunKeys } from "./keys.ts";
import { type PcieLink, pcieLinks } from "./link.ts";
import { Lockstep } from "./lockstep.ts";
import { Machine } from "./machine.ts";
import { type BootFiles, linkSocket, vmPaths } from "./paths.ts";
import type { QemuCommand } from "./qemu.ts";
import { guestPcap, vmFiles } from "./run-files.ts";
import { shellScript } from "./shell-line.ts";
import { Teardown } from "./teardown.ts";
import { makeTemporaryDirectory } from "./temporary.ts";
import { onTimeGrid } from "./time-grid.ts";
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
  /** Behind all QEMUs' own arguments. */
  readonly extraArguments?: readonly string[];
}

/** All VMs, at whatever state `Vm` says. */
export interface LabOf<Vm> {
  /** A machine's VM. One whose power was cut cannot be had: asking for it throws UsageError. */
  readonly vm: (machine: MachineName) => Vm;
  /** What all machines print, whichever VMs they are. */
  readonly consoles: Readonly<Record<MachineName, GuestConsole>>;
  /** The link of this name, or the only one. */
  readonly link: (name?: string) => PcieLink;
  /**
   * For a wait that is none for a command's end: until `work` has ended guests with virtual time are not held between commands. By
   * the wall clock nothing ever is.
   */
  readonly whileTimePasses: <Value>(work: () => Promise<Value>) => Promise<Value>;
  /** From now on they are not held at all: the run is over but for what somebody may look at. */
  readonly letTimePass: () => void;
  /** Directory for short-lived files, gone with the lab. */
  readonly directory: string;
  /** Aborts when the run is cancelled, or a guest crashes or complains; its reason is the error to show. */
  readonly signal: AbortSignal;
}

/** VMs whose guests answer. */
export interface RunningLab extends LabOf<RunningVm> {
  /** Ends a VM as if its power failed: SIGKILL to its QEMU. Nobody takes that for a crash. */
  cutPower(machine: MachineName): Promise<void>;
  /** Boots another VM in the place of one whose power was cut, and waits for its guest. The link has to be trained again. */
  restart(machine: MachineName): Promise<RunningVm>;
}

/** VMs that have been started and must be closed. */
export interface StartedLab extends LabOf<StartedVm> {
  /** By which one logs into the guests. */
  readonly keys: RunKeys;
  /** Whether a VM is there; not after its power was cut. */
  isOn(machine: MachineName): boolean;
  /** Waits for all guests. */
  running(): Promise<RunningLab>;
  /** Ends all VMs and removes everything but the logs. Returns what could not be removed. */
  close(): Promise<readonly Error[]>;
}

const startMs = 15_000;
const bootMs = 30_000;
const captureMs = 5000;

/** Starts all VMs at once. On failure nothing of them is left. */
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
  const { topology } = setup.plan;
  const names = namesOf(topology);
  if (inspection.trace) await removeTraceLogs(setup.out, names);
  if (inspection.pcap) await removeCaptures(setup.out, names);
  const temporary = await makeTemporaryDirectory();
  teardown.add(`the directory ${temporary.path}`, temporary.remove);
  const keys = makeRunKeys(directEnds(topology));
  const boot = await prepareFiles(setup, keys, temporary.path);
  const pathsOf = (name: MachineName) =>
    vmPaths(topology, name, boot[machineOf(topology, name).role], temporary.path);
  const failure = new AbortController();
  const signal = AbortSignal.any([setup.signal, failure.signal]);

  const lockstep = topology.time === "virtual" ? new Lockstep() : undefined;
  const whileTimePasses = <Value>(work: () => Promise<Value>) =>
    lockstep ? lockstep.whileTimePasses(work) : work();
  const letTimePass = () => void lockstep?.pass();
  // What kernels still print and what they are asked about it has no time that it must come at.
  signal.addEventListener("abort", letTimePass, { once: true });
  const makeMachine = (name: MachineName) => {
    let boots = 0;
    const paths = pathsOf(name);
    return new Machine(name, {
      start: async (predecessor) => {
        const command = qemuCommand(name, setup, paths);
        const script = shellScript(command.env ?? {}, command.binary, command.args);
        await writeFile(vmFiles(name, setup.out).script, script);
        const report = (error: Error) => failure.abort(error);
        // A kernel that complains prints its stack before anybody judges it.
        const heard = () => lockstep?.pass() ?? (() => {});
        const watch = { isKnown: setup.isKnown ?? (() => false), report, heard };
        // How fast QEMU starts is this machine's matter, not its guests'.
        const limit = { ms: startMs * Math.max(1, setup.timeScale), signal };
        const vm = await startVm(name, command, paths, limit, watch, predecessor, lockstep);
        teardown.add(`the ${vm.name}`, vm.end);
        teardown.add(`QMP of the ${vm.name}`, () => vm.qmp.close());
        const { trace } = inspection;
        if (trace) await enableTrace(vm.qmp, trace);
        return vm;
      },
      boot: async (vm) => {
        const running = await awaitRunning(vm, keys, { ms: bootMs * setup.timeScale, signal });
        teardown.add(`SSH to the ${vm.name}`, () => running.ssh.close());
        if (lockstep) running.ssh.arrange(onTimeGrid);
        if (inspection.pcap) {
          const file = guestPcap(name, setup.out, ++boots);
          const limit = { ms: captureMs * setup.timeScale, signal };
          const end = await whileTimePasses(() => captureGuest(running.ssh, file, limit));
          teardown.add(`packets of the ${vm.name}`, () => whileTimePasses(end));
        }
        return running;
      },
    });
  };
  const machines = new Map(names.map((name) => [name, makeMachine(name)]));
  const machine = (name: MachineName) => {
    const found = machines.get(name);
    if (!found) throw new Error(`the lab has no machine "${name}"`);
    return found;
  };
  const all = [...machines.values()];

  // The VM that fails first must not leave others behind: wait for all, then look.
  const outcomes = await Promise.allSettled(all.map((machine) => machine.start()));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  // All at once: a guest whose peer is pulled from under it may well crash, and say so on its console.
  const endAll = () => Promise.all(all.map((machine) => machine.cutPower()));
  teardown.add("the VMs", endAll);
  const { gdb } = inspection;
  if (gdb) {
    const others = all.filter((other) => other !== machine(gdb));
    for (const other of others) stopTogether(machine(gdb).started.qmp, other.started.qmp);
  }
  const parts = {
    link: pcieLinks(topology, machine, (link) => linkSocket(link, temporary.path)),
    consoles: Object.fromEntries([...machines].map(([name, { console }]) => [name, console])),
    directory: temporary.path,
    ...{ whileTimePasses, letTimePass },
    signal,
  };
  const runningLab: RunningLab = {
    ...parts,
    vm: (name) => machine(name).running,
    cutPower: (name) => machine(name).cutPower(),
    restart: async (name) => {
      await machine(name).start();
      teardown.add("the VMs", endAll);
      return machine(name).boot();
    },
  };
  return {
    ...parts,
    keys,
    isOn: (name) => machine(name).isOn,
    vm: (name) => machine(name).started,
    running: async () => {
      await Promise.all(all.map((machine) => machine.boot()));
      return runningLab;
    },
    close: () => teardown.run(),
  };
}

/** What guests of each role boot: their image with this run's keys behind it. */
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
  return { host: ofHost, endpoint: ofEndpoint };
}

function qemuCommand(
  name: MachineName,
  setup: LabSetup,
  paths: ReturnType<typeof vmPaths>,
): QemuCommand {
  const inspection = setup.inspection ?? noInspection;
  const { consoleLog, qemuLog } = vmFiles(name, setup.out);
  return {
    name: `${name} VM`,
    binary: qemuOf(setup.artifacts, machineOf(setup.plan.topology, name).role).binary,
    args: [
      ...qemuArguments(name, setup.plan, paths, setup.accelerator, inspection),
      ...inspectionArguments(name, inspection, {
        directory: dirname(paths.qmp),
        out: setup.out,
        writesDirect: directEnds(setup.plan.topology)?.[0] === name,
      }),
      ...(setup.extraArguments ?? []),
    ],
    ...{ consoleLog, qemuLog },
  };
}
