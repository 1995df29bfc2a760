// SPDX-License-Identifier: MIT
import type { Reporter } from "./events.ts";
import { terminalReporter } from "./terminal.ts";

/** Tells of a run on standard output or standard error, as a terminal can show it. */
export function reporterOn(output: NodeJS.WriteStream): Reporter {
  const live = output.isTTY === true;
  return terminalReporter({
    output,
    live,
    colours: live && output.hasColors(),
    columns: () => output.columns,
  });
}
