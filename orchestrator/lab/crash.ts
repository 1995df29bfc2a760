// SPDX-License-Identifier: MIT

import { InfrastructureError } from "../errors.ts";
import type { IsKnown } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { type ConsoleComplaint, complaintsOf, mayBeComplaint } from "./complaints.ts";
import type { GuestConsole } from "./console.ts";
import { ComplaintError, GuestError } from "./errors.ts";
import { describeExit, type QemuProcess } from "./qemu.ts";
import { complaintBlock, culpritOf, withoutTime } from "./stack-trace.ts";

/** A kernel prints its stack after the line that tells: wait for quiet, but not for long. */
const quietMs = 300;
const longestMs = 4000;

/**
 * Calls `report` once, as soon as the VM's kernel has complained of something that is not known, or its
 * QEMU has ended by itself. Returns how to stop watching, as one does before ending the VM on purpose.
 */
export function watchGuest(
  role: MachineName,
  vm: QemuProcess,
  isKnown: IsKnown,
  report: (error: Error) => void,
  /** Told when there is something to judge; what it returns is called when that was done. */
  toldOf: () => () => void = () => () => {},
): () => void {
  let watching = true;
  let judged = () => {};
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  /** Index of the first console line that has not been judged. */
  let next = vm.console.lines.length;
  let heard = false;

  const stop = () => {
    watching = false;
    clearTimeout(quiet);
    clearTimeout(latest);
    stopListening();
  };
  const tell = (error: Error) => {
    if (!watching) return;
    stop();
    report(error);
  };
  /** Judges what was said: with its stack a complaint may turn out to be a known one. */
  const judge = () => {
    clearTimeout(quiet);
    clearTimeout(latest);
    heard = false;
    judged();
    const unknown = unknownComplaint(role, vm.console.lines, isKnown, next);
    next = vm.console.lines.length;
    if (unknown !== undefined) tell(complaintError(role, vm, unknown));
  };

  const stopListening = vm.console.onLine((line) => {
    if (!heard) {
      if (!mayBeComplaint(line.text)) return;
      heard = true;
      judged = toldOf();
      next = vm.console.lines.length - 1;
      latest = setTimeout(judge, longestMs);
    }
    clearTimeout(quiet);
    quiet = setTimeout(judge, quietMs);
  });

  vm.exited.then((exit) => {
    judge();
    const said = exit.stderr.slice(-10);
    const message = `${vm.name}: QEMU ${describeExit(exit)}: ${said.at(-1) ?? "it printed no error"}`;
    if (exit.status === 0) {
      const lines = vm.console.tail();
      const excerpt = { title: `${vm.name}: end of the console`, lines, file: vm.console.file };
      tell(new GuestError(`${vm.name}: the guest switched itself off`, [excerpt]));
    } else {
      tell(new InfrastructureError(message, { tail: said }));
    }
  });
  return stop;
}

/** The first complaint that begins at the line `start` or later and is not known. */
export function unknownComplaint(
  role: MachineName,
  lines: readonly { readonly text: string }[],
  isKnown: IsKnown,
  start = 0,
): ConsoleComplaint | undefined {
  const complaints = complaintsOf(lines.map(({ text }) => text));
  return complaints.find((one) => one.index >= start && !isKnown(role, one.lines));
}

/** What a kernel has complained of on its console, with what came around it as evidence. */
export function complaintError(
  role: MachineName,
  vm: { readonly name: string; readonly console: Pick<GuestConsole, "file" | "lines"> },
  { kind, index, headline, lines: own }: ConsoleComplaint,
): ComplaintError {
  const { file, lines } = vm.console;
  const said = withoutTime(headline);
  const trace = complaintBlock(
    lines.map((line) => line.text),
    index,
  );
  const culprit = culpritOf(trace);
  const where = culprit === undefined || said.includes(culprit) ? "" : `, in ${culprit}`;
  return new ComplaintError(
    `${vm.name}: ${kind.name}: ${said}${where}`,
    [{ title: `${vm.name}: console around it`, lines: trace, file }],
    { role, kind: kind.name, trace, lines: own, at: lines[index]?.at ?? performance.now() },
  );
}
