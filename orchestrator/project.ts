// SPDX-License-Identifier: MIT
import { join, relative, resolve } from "node:path";

/** The project's own directory. */
export const projectDirectory = resolve(import.meta.dirname, "..");

export const scenarioDirectory = join(projectDirectory, "scenarios");

/** Where the person was when they typed the command: npm changes to the project's directory. */
export function callerDirectory(): string {
  return process.env.INIT_CWD ?? process.cwd();
}

/** Which state of the project this is, as Git calls it; `unknown` outside a repository. */
export async function labRevision(): Promise<string> {
  const { execa } = await import("execa");
  const { stdout, exitCode } = await execa("git", ["describe", "--always", "--dirty"], {
    cwd: projectDirectory,
    reject: false,
  });
  return exitCode === 0 && stdout ? stdout : "unknown";
}

/** What a person types to start this program from where they are. */
export function programName(): string {
  const path = relative(callerDirectory(), join(projectDirectory, "ntb-edma-lab"));
  if (path.startsWith("..")) return join(projectDirectory, "ntb-edma-lab");
  return path.includes("/") ? path : `./${path}`;
}
