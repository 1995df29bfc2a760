// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { closeSync, constants, createWriteStream, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { InfrastructureError, isSystemError } from "../errors.ts";
import { GuestConsole } from "./console.ts";

export interface QemuCommand {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files in the run's output directory. */
  readonly consoleLog: string;
  readonly qemuLog: string;
}

/** How a QEMU ended. */
export interface QemuExit {
  readonly status: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: readonly string[];
}

/** A QEMU process, its console, and its end. */
export interface QemuProcess {
  readonly name: string;
  readonly pid: number;
  readonly console: GuestConsole;
  /** Resolves, never rejects, when the process has ended, for whatever reason. */
  readonly exited: Promise<QemuExit>;
  /** Kills the whole process group and resolves when it is gone and its logs are complete. */
  kill(): Promise<void>;
}

/**
 * Starts QEMU in a process group of its own. `setpriv` has the kernel kill it when this process
 * ends in a way that leaves no time for a teardown. A QEMU that takes another's place goes on with its console and
 * logs.
 */
export function startQemu(command: QemuCommand, predecessor?: QemuProcess): QemuProcess {
  const pipe = makePipe();
  const child = execa("setpriv", ["--pdeathsig", "KILL", command.binary, ...command.args], {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: "ignore",
    // Any descriptor will do; execa's types know some.
    stdout: pipe.writer as 3,
    env: command.env ?? {},
  });
  closeSync(pipe.writer);
  const { pid } = child;
  if (pid === undefined) {
    throw new InfrastructureError(
      `could not start ${command.binary}: expected setpriv (package util-linux) to run it`,
    );
  }
  const log = createWriteStream(command.qemuLog, { flags: predecessor ? "a" : "w" });
  let stderr = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    log.write(text);
    stderr += text;
  });
  const console = predecessor?.console ?? new GuestConsole(command.consoleLog);
  const printed = console.follow(pipe.source, `=== the ${command.name} starts again ===`);
  const exited = child.then(async (result): Promise<QemuExit> => {
    await printed;
    await new Promise<void>((resolve) => log.end(resolve));
    const lines = stderr.split("\n").filter((line) => line.trim() !== "");
    return { status: result.exitCode, signal: result.signal, stderr: lines };
  });
  return {
    name: command.name,
    pid,
    console,
    exited,
    kill: async () => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch (error) {
        if (!isSystemError(error, "ESRCH")) throw error;
      }
      await exited;
    },
  };
}

/**
 * What a guest prints goes through a pipe. Node's own streams to programs are sockets, which take a few hundred bytes one by one before
 * they are full: a PC's kernel waits for its serial port for 10 ms and then writes over what is there (wait_for_lsr() in
 * drivers/tty/serial/8250/8250_port.c). A pipe takes 64 KiB.
 */
function makePipe(): { readonly writer: number; readonly source: Socket } {
  const directory = mkdtempSync(join(tmpdir(), "ntb-edma-lab-console-"));
  try {
    const path = join(directory, "pipe");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    return { writer, source: new Socket({ fd: reader, readable: true, writable: false }) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** How a QEMU ended, in words. */
export function describeExit(exit: QemuExit): string {
  if (exit.signal !== undefined) return `was killed by ${exit.signal}`;
  return exit.status === 0 ? "ended by itself" : `ended with status ${exit.status ?? "?"}`;
}
