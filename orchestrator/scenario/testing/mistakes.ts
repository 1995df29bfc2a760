// SPDX-License-Identifier: MIT
import { ScenarioError } from "../diagnostics.ts";

/** What reading a scenario complains of, a line each; nothing when it complains of nothing. */
export function mistakesOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split("\n");
    throw error;
  }
  return [];
}
