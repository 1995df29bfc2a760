// SPDX-License-Identifier: MIT
import { createWriteStream } from "node:fs";
import { execa } from "execa";
import { InfrastructureError } from "../errors.ts";
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
  const child = execa("setpriv", ["--pdeathsig", "KILL", command.binary, ...command.args], {
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: "ignore",
    env: command.env ?? {},
  });
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
  const printed = console.follow(child.stdout, `=== the ${command.name} starts again ===`);
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
        if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      }
      await exited;
    },
  };
}

/** How a QEMU ended, in words. */
export function describeExit(exit: QemuExit): string {
  if (exit.signal !== undefined) return `was killed by ${exit.signal}`;
  return exit.status === 0 ? "ended by itself" : `ended with status ${exit.status ?? "?"}`;
}
