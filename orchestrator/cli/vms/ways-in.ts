// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import { type KeptLab, sshConfigOf } from "../../lab/kept.ts";
import { shellLine } from "../../lab/shell-line.ts";
import { callerDirectory, programName } from "../../project.ts";
import { allOf } from "../../scenario/topology/graph.ts";

/** How a person gets into VMs that stay up, and how they end. */
export function waysIn(kept: KeptLab): string {
  const up = Object.keys(kept.vms).toReversed();
  if (up.length === 0) return "\nNo VM is left: nothing is kept.\n";
  const program = programName();
  const gone = kept.machines.filter((name) => !up.includes(name));
  const all = allOf(up, "VMs");
  const which =
    gone.length === 0
      ? `${all.charAt(0).toUpperCase()}${all.slice(1)} stay up`
      : `Still up: ${up.join(", ")}; gone: ${gone.join(", ")}`;
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
