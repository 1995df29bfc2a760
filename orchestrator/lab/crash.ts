// SPDX-License-Identifier: MIT

import { InfrastructureError } from "../run/errors.ts";
import { complaintIn } from "./complaints.ts";
import { GuestError } from "./errors.ts";
import { describeExit, type QemuProcess } from "./qemu.ts";

/** A crashed kernel prints its registers and stack after the line that tells: wait for quiet, but not for long. */
const quietMs = 300;
const longestMs = 2000;

/**
 * Calls `report` once, as soon as the VM's kernel has crashed or its QEMU has ended by itself.
 * Returns how to stop watching, as one does before ending the VM on purpose.
 */
export function watchForCrash(vm: QemuProcess, report: (error: Error) => void): () => void {
  let watching = true;
  let quiet: NodeJS.Timeout | undefined;
  let latest: NodeJS.Timeout | undefined;
  let crashLine: number | undefined;

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
  const tellCrash = () => tell(crashed(vm, crashLine ?? 0));

  const stopListening = vm.console.onLine((line) => {
    if (crashLine === undefined) {
      if (!complaintIn(line.text)?.fatal) return;
      crashLine = vm.console.lines.length - 1;
      latest = setTimeout(tellCrash, longestMs);
    }
    clearTimeout(quiet);
    quiet = setTimeout(tellCrash, quietMs);
  });

  vm.exited.then((exit) => {
    if (crashLine !== undefined) {
      tellCrash();
      return;
    }
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

function crashed(vm: QemuProcess, lineIndex: number): GuestError {
  const lines = vm.console.lines.map((line) => line.text);
  const first = lines[lineIndex] ?? "";
  const name = complaintIn(first)?.name ?? "crash";
  const excerpt = lines.slice(Math.max(0, lineIndex - 3), lineIndex + 40);
  return new GuestError(`${vm.name}: ${name}: ${first.replace(/^\[[^\]]*\]\s*/, "")}`, [
    { title: `${vm.name}: console around it`, lines: excerpt, file: vm.console.file },
  ]);
}
