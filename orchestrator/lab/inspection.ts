// SPDX-License-Identifier: MIT
import { join } from "node:path";
import type { Role } from "./arguments.ts";

/** How a person wants to look into the VMs. */
export interface Inspection {
  /** The VMs stay up after the run, and so does a guest whose kernel has panicked. */
  readonly keep: boolean;
}

export const noInspection: Inspection = { keep: false };

/** Sockets and files by which a person looks into one VM. */
export function inspectionPaths(role: Role, directory: string) {
  return { monitor: join(directory, `${role}.monitor`) };
}

/** What QEMU is told besides, so that a person can look in. */
export function inspectionArguments(
  role: Role,
  inspection: Inspection,
  directory: string,
): string[] {
  const { monitor } = inspectionPaths(role, directory);
  return inspection.keep
    ? [
        ...["-chardev", `socket,id=monitor,path=${monitor},server=on,wait=off`],
        ...["-mon", "chardev=monitor,mode=readline"],
      ]
    : [];
}

/** Whether a guest whose kernel has panicked goes on to exist; otherwise its QEMU ends. */
export function staysAfterPanic({ keep }: Inspection): boolean {
  return keep;
}
