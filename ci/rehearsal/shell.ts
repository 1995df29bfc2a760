// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

export interface ShellOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the script and its programs print is added to it. */
  readonly log: string;
  readonly limitMs: number;
}

/** Runs a script as GitHub does. At its limit, or when this process is ended, all that it has started ends with it. */
export async function runShell(
  script: string,
  { cwd, env, log, limitMs }: ShellOptions,
): Promise<{ status: number; late: boolean }> {
  const file = openSync(log, "a");
  const child = spawn("bash", ["-e", script], {
    ...{ cwd, env, stdio: ["ignore", file, file], detached: true },
  });
  closeSync(file);
  let late = false;
  const end = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  const timer = setTimeout(() => {
    late = true;
    end("SIGKILL");
  }, limitMs);
  const interrupted = () => {
    end("SIGTERM");
    // Once those beside it have heard it, too.
    setImmediate(() => process.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    return { status: code ?? 137, late };
  } finally {
    clearTimeout(timer);
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
  }
}
