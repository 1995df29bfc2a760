// SPDX-License-Identifier: MIT
//
// The memory of the machine, or of the container that this runs in: what it has at most, and what of that can be had now.
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** What is read of the system; tests put other values in its place. */
export interface System {
  /** All of the machine's, in bytes. */
  readonly total: number;
  /** The limit of the control group that this runs in; 0, or more than there is, where it has none. */
  readonly limit: number;
  /** What libuv leaves of that limit: the page cache counts as used. */
  readonly belowLimit: number;
  /** A file below /proc or /sys; undefined where there is none. */
  readonly read: (file: string) => string | undefined;
}

function thisSystem(): System {
  return {
    total: totalmem(),
    limit: process.constrainedMemory(),
    belowLimit: process.availableMemory(),
    read: (file) => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return undefined;
      }
    },
  };
}

/** What there is at most, whatever else is in it now: in bytes. */
export function memoryHere({ total, limit }: System = thisSystem()): number {
  return limit > 0 ? Math.min(limit, total) : total;
}

/** What can be had now, in bytes. The page cache can: the kernel gives it to who asks for memory, also below a limit. */
export function memoryAvailable(system: System = thisSystem()): number {
  const { total, limit, belowLimit, read } = system;
  const kibibytes = /^MemAvailable: +(\d+) kB/m.exec(read("/proc/meminfo") ?? "")?.[1];
  const ofMachine = kibibytes === undefined ? belowLimit : Number(kibibytes) * 1024;
  if (limit <= 0 || limit >= total) return ofMachine;
  return Math.min(ofMachine, belowLimit + cachedIn(read));
}

/** File pages of the control group that nobody has used lately, in bytes: memory.stat of version 2, and of version 1. */
function cachedIn(read: System["read"]): number {
  const groups = read("/proc/self/cgroup") ?? "";
  const [, unified] = /^0::(.*)$/m.exec(groups) ?? [];
  const [, memory] = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups) ?? [];
  const stat =
    (unified === undefined ? undefined : read(`/sys/fs/cgroup${unified}/memory.stat`)) ??
    (memory === undefined ? undefined : read(`/sys/fs/cgroup/memory${memory}/memory.stat`));
  const found =
    /^total_inactive_file (\d+)$/m.exec(stat ?? "") ?? /^inactive_file (\d+)$/m.exec(stat ?? "");
  return Number(found?.[1] ?? 0);
}
