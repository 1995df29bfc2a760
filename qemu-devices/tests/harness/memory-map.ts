// SPDX-License-Identifier: MIT
/** What an address space of QEMU shows where, in QEMU's own words (`info mtree -f`). */
import { z } from "zod";
import type { Machine } from "./machine.ts";

export interface ShownRam {
  readonly at: bigint;
  readonly size: bigint;
  /** Where in the peer's piece of RAM it begins. */
  readonly offset: bigint;
}

/** The peer's RAM as the CPUs of `machine` see it in [`from`, `from` + `size`). */
export async function peerRam(machine: Machine, from: bigint, size: bigint): Promise<ShownRam[]> {
  const answer = await machine.qmp.execute("human-monitor-command", {
    "command-line": "info mtree -f",
  });
  const views = z
    .string()
    .parse(answer)
    .split(/^FlatView/m);
  const cpus = views.find((view) => /^ AS "memory"/m.test(view)) ?? "";
  const line = /^ {2}([0-9a-f]{16})-([0-9a-f]{16}) \(.*\): dwc-peer-ram\d+(?: @([0-9a-f]+))?/gm;
  return [...cpus.matchAll(line)]
    .map(([, first, last, offset]) => ({
      at: BigInt(`0x${first}`),
      size: BigInt(`0x${last}`) - BigInt(`0x${first}`) + 1n,
      offset: BigInt(`0x${offset ?? 0}`),
    }))
    .filter(({ at }) => at >= from && at < from + size);
}
