// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import type { GuestArtifacts } from "../artifacts.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { inspectionSockets } from "./inspection.ts";
import type { QmpClient } from "./qmp.ts";
import { shellLine } from "./shell-line.ts";

/** No time limit ends while a person thinks, or for 24 days. */
export const suspendedTimeScale = 1e6;

/** What of a kernel gdb can make use of. */
export interface DebugFiles {
  readonly vmlinux: string;
  /** With types, and not functions and lines alone. */
  readonly types: boolean;
  /** The kernel's own scripts for gdb; undefined where the kernel has none. */
  readonly scripts: string | undefined;
  /** Directories of modules that are not stripped. */
  readonly modules: readonly string[];
}

export function debugFiles({ kernel, debug, debugModules }: GuestArtifacts): DebugFiles {
  const config = readFileSync(kernel.config, "utf8");
  return {
    vmlinux: kernel.vmlinux,
    types: /^CONFIG_DEBUG_INFO=y$/m.test(config),
    scripts: debug.gdbScripts,
    modules: [debugModules, debug.modules],
  };
}

/** What a person is told who wants gdb in one VM: the line to paste into another terminal, and what comes next. */
export function gdbHint(machine: MachineName, directory: string, files: DebugFiles): string[] {
  const { gdb } = inspectionSockets(machine, directory);
  const scripts = files.scripts === undefined ? [] : ["-ex", `source ${files.scripts}`];
  const line = shellLine("gdb-multiarch", [
    files.vmlinux,
    ...scripts,
    "-ex",
    `target remote ${gdb}`,
  ]);
  const first = files.modules[0] ?? "";
  const modules =
    files.scripts === undefined
      ? `once a module is loaded: add-symbol-file ${first}/.../NAME.ko ADDRESS, with ADDRESS from /sys/module/NAME/sections/.text in the guest`
      : `modules as they are loaded: lx-symbols ${files.modules.join(" ")}; all scripts: apropos lx`;
  return [
    `the ${machine} VM waits for gdb, and time limits are suspended. In another terminal:`,
    `  ${line}`,
    "  then, for example: break start_kernel, continue. While gdb has one VM stopped, the other one stands still, too.",
    `  ${modules}`,
    ...(files.types
      ? []
      : ["  functions and lines only: --debug-kernel has types and lx-scripts, too"]),
  ];
}

/** Stops another VM whenever gdb stops one: its timers would run out. Ends with the connections. */
export function stopTogether(debugged: QmpClient, other: QmpClient): void {
  const lead = (command: string) => void other.execute(command).catch(() => {});
  debugged.onEvent(({ name }) => {
    if (name === "STOP") lead("stop");
    if (name === "RESUME") lead("cont");
  });
}
