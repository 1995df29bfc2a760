// SPDX-License-Identifier: MIT
import { createReadStream } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { UsageError } from "../errors.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { type QmpClient, QmpError } from "./qmp.ts";
import { machinesAmong, tracedMachine } from "./run-files.ts";

const states = z.array(z.object({ name: z.string() }));

/**
 * Enables trace events of the project's devices by their patterns, and disables those of patterns with a `!` before them, in this order.
 * Their module registers them when it is loaded, which for the host VM is long after QEMU has started; asking for a device's properties
 * loads it.
 *
 * @throws UsageError for a pattern that no event matches.
 */
export async function enableTrace(qmp: QmpClient, patterns: readonly string[]): Promise<void> {
  await qmp.execute("device-list-properties", { typename: "dwc-pcie-function" });
  for (const pattern of patterns) {
    const enable = !pattern.startsWith("!");
    const name = enable ? pattern : pattern.slice(1);
    const found = await qmp.execute("trace-event-get-state", { name }).catch(ifUnknown);
    if (states.parse(found).length === 0) {
      throw new UsageError(`no trace event matches "${name}"; qemu-devices/README.md lists them`);
    }
    await qmp.execute("trace-event-set-state", { name, enable });
  }
}

/** No event, where QEMU says that it has none of a name that is no pattern (check_events() in trace/qmp.c). */
function ifUnknown(error: unknown): [] {
  if (error instanceof QmpError && error.message.includes("unknown event")) return [];
  throw error;
}

/** Those of earlier runs in the same directory, whose process ids were others: of these machines, and of what machines they had. */
export async function removeTraceLogs(
  out: string,
  machines: readonly MachineName[],
): Promise<void> {
  const all = await traceLogs(out);
  const known = [...machines, ...machinesAmong(await readdir(out))];
  const logs = all.flatMap(({ machine, path }) => (known.includes(machine) ? path : []));
  await Promise.all(logs.map((path) => rm(path)));
}

/** A device's trace event, as a log has it. */
export interface TraceEvent {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Such as `dwc_iatu_write`. */
  readonly name: string;
  /** The name and its arguments. */
  readonly text: string;
}

/** A VM that was restarted has a log for each of its QEMUs. */
export async function traceLogs(
  directory: string,
): Promise<{ machine: MachineName; path: string }[]> {
  const names = (await readdir(directory)).sort();
  return names.flatMap((name) => {
    const machine = tracedMachine(name);
    return machine === undefined ? [] : [{ machine, path: join(directory, name) }];
  });
}

/** `PID@SECONDS.MICROSECONDS:NAME ARGUMENTS`, as QEMU's log backend writes them. */
const traced = /^\d+@(\d+\.\d+):((\w+).*)$/;

export async function* traceEvents(path: string): AsyncGenerator<TraceEvent> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const found = traced.exec(line);
    if (found === null) continue;
    const [, seconds, text = "", name = ""] = found;
    yield { at: Number(seconds) * 1000, name, text };
  }
}
