// SPDX-License-Identifier: MIT
import { join, resolve } from "node:path";

/** The project's own directory. */
export const projectDirectory = resolve(import.meta.dirname, "../..");

export const scenarioDirectory = join(projectDirectory, "scenarios");

/** Where the person was when they typed the command: npm changes to the project's directory. */
export function callerDirectory(): string {
  return process.env.INIT_CWD ?? process.cwd();
}
