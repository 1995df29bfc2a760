// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import { type KeptLab, sshConfigOf } from "../../lab/kept.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { callerDirectory, programName } from "../../project.ts";

/** How a person gets into VMs that stay up, and how they end. */
export function waysIn(kept: KeptLab): string {
  const up = Object.keys(kept.vms).toReversed();
  const [first] = up;
  if (!first) return "\nNeither VM is left: nothing is kept.\n";
  const program = programName();
  const which =
    up.length === 2 ? "Both VMs stay up" : `The ${first} VM stays up, the other is gone`;
  const logs = up.map((role) => near(kept.vms[role]?.consoleLog ?? ""));
  const rows = [
    ["shell", ...up.map((role) => `${program} shell ${role}`)],
    ["ssh", ...up.map((role) => shellLine("ssh", ["-F", sshConfigOf(kept), role]))],
    ["consoles", ...logs],
    ["monitors", ...up.map((role) => `${program} shell ${role} --monitor`)],
    ["end them", `${program} stop`],
  ];
  const lines = rows.flatMap(([title = "", ...values]) =>
    values.map((value, index) => `  ${(index === 0 ? title : "").padEnd(10)}${value}\n`),
  );
  return `\n${which}:\n${lines.join("")}`;
}

function near(file: string): string {
  const path = relative(callerDirectory(), file);
  return path.startsWith("..") ? file : path;
}
