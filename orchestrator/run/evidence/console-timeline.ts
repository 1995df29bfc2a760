// SPDX-License-Identifier: MIT

import type { GuestConsole } from "../../lab/console.ts";
import type { Excerpt } from "../../lab/errors.ts";
import { allOf, type MachineName } from "../../scenario/topology/graph.ts";

export interface Consoles {
  readonly consoles: Readonly<Record<MachineName, Pick<GuestConsole, "lines" | "file">>>;
}

/** A stretch of the run, in milliseconds of `performance.now()`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const mostLines = 40;

/**
 * What both kernels said in that stretch, on one time line: seconds since boot, who, what. Of too many
 * lines the last ones; nothing if there was none. `leaveOut` says which lines are shown elsewhere.
 */
export function consolesTogether(
  { consoles }: Consoles,
  { from, to }: Stretch,
  clock: (at: number) => number,
  leaveOut: (line: string) => boolean = () => false,
): Excerpt[] {
  const said = Object.entries(consoles)
    .flatMap(([role, { lines }]) => lines.map((line) => ({ role, ...line })))
    .filter(({ at, text }) => at >= from && at <= to && text.trim() !== "" && !leaveOut(text))
    .sort((a, b) => a.at - b.at);
  if (said.length === 0) return [];
  const shown = said.slice(-mostLines);
  const left = said.length - shown.length;
  return [
    {
      title: `${allOf(Object.keys(consoles), "consoles")}, in seconds since boot${left > 0 ? `, without ${left} earlier lines` : ""}`,
      lines: shown.map(
        ({ role, at, text }) =>
          `${(clock(at) / 1000).toFixed(3).padStart(8)} ${role.padEnd(8)} ${text}`,
      ),
    },
  ];
}
