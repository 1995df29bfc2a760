// SPDX-License-Identifier: MIT
//
// With virtual time, what the lab does to the guests happens at multiples of a period of their clocks. A command of the lab's
// comes in by SSH whenever this machine gets round to it; where it begins would else decide how it meets what guests do
// periodically, such as polling doorbells, and no figure would come out twice.

/**
 * Milliseconds. A multiple of one, two, three and five ticks of 4 ms: what a kernel polls at such distances, it polls at the end
 * of each period.
 */
export const timeGridMs = 120;

/** The module of the project's that has a command wait for the grid. */
export const timeGridModule = "time_grid";

const wait = `echo ${timeGridMs} > /sys/kernel/debug/time_grid/wait`;

/**
 * The command, from the next multiple on. One that has no input waits for its end first: behind it nothing more comes in by the
 * connection until the command prints something.
 */
export function onTimeGrid(command: string, hasInput: boolean): string {
  return `${hasInput ? "" : "cat > /dev/null\n"}${wait}\n${command}`;
}
