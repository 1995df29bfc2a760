// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import type { Guests } from "../../artifacts.ts";
import { ComplaintError } from "../../lab/errors.ts";
import type { RunningLab } from "../../lab/lab.ts";
import type { SshConnection } from "../../lab/ssh.ts";
import type { IsKnown } from "../../scenario/known-noise.ts";
import { type MachineName, machineOf, namesOf } from "../../scenario/topology/graph.ts";
import type { Topology } from "../../scenario/topology/topology.ts";

const place = "/sys/kernel/debug/kmemleak";
/** mm/kmemleak.c: as its console line reads. Known noise that matches it keeps the guest from being searched. */
const consoleLine = "kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)";

/** The guests whose kernels find memory leaks, and in which that is not known noise. */
export async function leakHunters(
  topology: Topology,
  guests: Guests,
  isKnown: IsKnown,
): Promise<MachineName[]> {
  const names = namesOf(topology);
  const able = await Promise.all(
    names.map(async (name) => {
      const config = await readFile(guests[machineOf(topology, name).role].kernel.config, "utf8");
      return /^CONFIG_DEBUG_KMEMLEAK=y$/m.test(config) && !isKnown(name, [consoleLine]);
    }),
  );
  return names.filter((_name, index) => able[index]);
}

/** How long it may take, and what ends it before. Not the lab's signal: that aborts for what is found, before it was read. */
export interface Limit {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/**
 * Searches guests for memory that nothing points to. kmemleak takes only what is 5 s old, and what was
 * the same in two searches. Throws ComplaintError for what it finds.
 */
export async function findLeaks(lab: RunningLab, hunters: readonly MachineName[], limit: Limit) {
  const searched = hunters.flatMap((role) => {
    const ssh = sshOf(lab, role);
    return ssh ? [{ role, ssh }] : [];
  });
  const found = await Promise.all(
    searched.map(async ({ role, ssh }) => {
      const script = `set -e; sleep 5.5; echo scan > ${place}; echo scan > ${place}; head -n 60 ${place}`;
      const { stdout } = await ssh.check(script, { ...limit, what: "searching for memory leaks" });
      return { role, lines: stdout.split("\n").filter((line) => line.trim() !== "") };
    }),
  );
  const leak = found.find(({ lines }) => lines.length > 0);
  if (leak) throw leaked(leak.role, leak.lines, lab);
}

/** A VM whose power was cut has nothing to be searched. */
function sshOf(lab: RunningLab, role: MachineName): SshConnection | undefined {
  try {
    return lab.vm(role).ssh;
  } catch {
    return undefined;
  }
}

function leaked(role: MachineName, lines: readonly string[], lab: RunningLab): ComplaintError {
  const count = lines.filter((line) => line.startsWith("unreferenced object")).length;
  const frames = lines.map((line) => /^\s+(?:\[<[0-9a-f]+>\]\s*)?([\w.]+)\+0x/.exec(line)?.[1]);
  const owner = frames.find(
    (name) =>
      name !== undefined &&
      !/^(?:k[a-z]*alloc|__k|slab|create_object|kmem|alloc_|__alloc|post_alloc)/.test(name),
  );
  const file = lab.consoles[role]?.file;
  return new ComplaintError(
    `${role} VM: kmemleak: ${count} unreferenced objects${owner === undefined ? "" : `, the first from ${owner}`}`,
    [{ title: `${role} VM: ${place}`, lines, ...(file === undefined ? {} : { file }) }],
    { role, kind: "kmemleak", trace: lines, lines, at: performance.now() },
  );
}
