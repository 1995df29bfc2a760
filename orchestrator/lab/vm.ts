// SPDX-License-Identifier: MIT

import { InfrastructureError } from "../errors.ts";
import type { IsKnown } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { watchGuest } from "./crash.ts";
import { before, seconds } from "./deadline.ts";
import { DeadlineError, GuestError } from "./errors.ts";
import type { RunKeys } from "./keys.ts";
import type { Lockstep } from "./lockstep.ts";
import {
  describeExit,
  type QemuCommand,
  type QemuExit,
  type QemuProcess,
  startQemu,
} from "./qemu.ts";
import { listenForQmp, QmpClient, QmpError } from "./qmp.ts";
import { type Detour, SshConnection } from "./ssh.ts";

/** The line by which a guest says that its SSH server accepts connections. */
export const readyLine = "ntb-edma-lab: ready";

/** A VM whose QEMU runs; its guest is still booting. */
export interface StartedVm {
  readonly role: MachineName;
  readonly name: string;
  readonly process: QemuProcess;
  readonly qmp: QmpClient;
  /** With virtual time: how its guest gets commands. */
  readonly commands?: Detour | undefined;
  /** Ends the VM as a part of the run, as if its power failed; nobody takes that for a crash. */
  readonly end: () => Promise<void>;
}

/** A VM whose guest answers. Only this one has SSH. */
export interface RunningVm extends StartedVm {
  readonly ssh: SshConnection;
}

/** Starts QEMU and its machine protocol, in the place of `predecessor` if there was one. On failure nothing of it is left. */
export async function startVm(
  role: MachineName,
  command: QemuCommand,
  sockets: { readonly qmp: string; readonly commands?: string },
  limit: { ms: number; signal: AbortSignal },
  watch: {
    readonly isKnown: IsKnown;
    readonly report: (error: Error) => void;
    readonly heard?: () => () => void;
  },
  predecessor?: StartedVm,
  lockstep?: Lockstep,
): Promise<StartedVm> {
  const listener = await listenForQmp(sockets.qmp);
  const ports = await listenForPort(sockets.commands).catch((error) => {
    listener.close();
    throw error;
  });
  const qemu = startQemu(command, predecessor?.process);
  const ended = qemu.exited.then((exit) => {
    throw startFailure(command, exit);
  });
  const connecting = listener.connected.then((socket) =>
    QmpClient.open(socket, { ...limit, what: `QMP of the ${command.name}` }).catch(
      async (error) => {
        // QEMU drops the connection when it refuses its arguments: its own words say more.
        if (error instanceof QmpError) await ended;
        throw error;
      },
    ),
  );
  try {
    const what = `QEMU of the ${command.name} to start`;
    const qmp = await before({ ...limit, what }, Promise.race([connecting, ended]));
    const connected = `QEMU of the ${command.name} to connect its port`;
    const port =
      ports && before({ ...limit, what: connected }, Promise.race([ports.connected, ended]));
    const commands = lockstep && port && { port: lockstep.add(await port), lockstep };
    ended.catch(() => {}); // from here on the watch over the VM tells of its end
    const stopWatching = watchGuest(role, qemu, watch.isKnown, watch.report, watch.heard);
    const end = async () => {
      stopWatching();
      await qemu.kill();
    };
    return { role, name: command.name, process: qemu, qmp, commands, end };
  } catch (error) {
    await qemu.kill();
    if (error instanceof DeadlineError) throw new InfrastructureError(error.message);
    throw error;
  } finally {
    listener.close();
    ports?.close();
  }
}

async function listenForPort(path: string | undefined) {
  return path === undefined ? undefined : listenForQmp(path);
}

function startFailure(command: QemuCommand, exit: QemuExit): InfrastructureError {
  const said = exit.stderr.slice(-10);
  const message = `${command.name}: QEMU ${describeExit(exit)}: ${said.at(-1) ?? "it printed no error"}`;
  return new InfrastructureError(message, { logPath: command.qemuLog, tail: said });
}

/** Waits until the guest says that it is ready, and logs in. */
export async function awaitRunning(
  vm: StartedVm,
  keys: RunKeys,
  limit: { ms: number; signal: AbortSignal },
): Promise<RunningVm> {
  try {
    await before(
      { ...limit, what: `the line "${readyLine}" on the console of the ${vm.name}` },
      vm.process.console.waitFor(readyLine),
    );
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const lines = vm.process.console.tail();
    throw new GuestError(
      `${vm.name}: the guest did not come up: waited ${seconds(limit.ms)} for the line "${readyLine}" on its console` +
        (lines.length > 0 ? "" : ", which stayed empty"),
      [{ title: `${vm.name}: end of the console`, lines, file: vm.process.console.file }],
    );
  }
  const target = {
    name: vm.name,
    port: controlPort(await vm.qmp.human("info usernet")),
    login: keys.login,
    hostKey: keys.hostKey,
  };
  const login = { ...limit, what: `SSH login to the ${vm.name}` };
  const { commands } = vm;
  if (!commands) return { ...vm, ssh: await SshConnection.connect(target, login) };
  await awaitPort(vm, commands.port, limit);
  return { ...vm, ssh: SshConnection.later(target, limit.ms, commands) };
}

/** Its program `commands` has loaded time_grid and waits, or says on the console why it does not. */
async function awaitPort(
  vm: StartedVm,
  port: Detour["port"],
  limit: { ms: number; signal: AbortSignal },
): Promise<void> {
  try {
    await before({ ...limit, what: "its time_grid" }, port.ready);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const { console } = vm.process;
    throw new GuestError(`${vm.name}: the guest asks for no commands: ${error.message}`, [
      { title: `${vm.name}: end of the console`, lines: console.tail(), file: console.file },
    ]);
  }
}

/** The port on 127.0.0.1 that QEMU chose for the guest's SSH, from its `info usernet`. */
export function controlPort(usernet: string): number {
  const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\b/.exec(usernet);
  if (match) return Number(match[1]);
  throw new InfrastructureError(
    `expected a forwarded port in QEMU's "info usernet", got: ${usernet}`,
  );
}
