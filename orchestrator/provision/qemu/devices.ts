// SPDX-License-Identifier: MIT
//
// The devices as a library for a QEMU that is there, and a script that starts it with them. The build tree stays in the
// cache, keyed by everything but the devices' source: after an edit make compiles that one file and links.

import { chmod, copyFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { architectureNames } from "../../guest-architectures.ts";
import type { Cache } from "../cache/cache.ts";
import { cacheKey } from "../cache/cache-key.ts";
import { type Snapshot, snapshotInput, writeSnapshot } from "../cache/snapshot.ts";
import type { Compilers } from "../kernel/compilers.ts";
import type { Task } from "../work/task.ts";
import type { PlainQemu } from "./plain.ts";

/** Directory of the cache. */
const QEMU = "qemu";

const LIBRARY = "ntb-edma.so";
/** What make leaves that QEMU loads; the last is for the device tests. */
const LIBRARIES = [LIBRARY, "ntb-edma-devices.so", "accel-qtest-aarch64.so"];

export interface DeviceInputs {
  readonly plain: PlainQemu;
  /** qemu-devices of the project: `src/` and its Makefile. */
  readonly devices: Snapshot;
  readonly compilers: Compilers;
}

/** Path of the script, if the cache has it. */
export async function findDevices(cache: Cache, inputs: DeviceInputs): Promise<string | undefined> {
  cache.refer("trees", treeName(inputs));
  const directory = await cache.find(QEMU, resultKey(inputs));
  return directory === undefined ? undefined : join(directory, programOf(inputs));
}

/** @returns path of the script. */
export async function buildDevices(
  cache: Cache,
  inputs: DeviceInputs,
  task: Task,
): Promise<string> {
  const directory = await cache.produce(QEMU, resultKey(inputs), task, (into) =>
    cache.withTree(treeName(inputs), task, async (tree) => {
      const source = join(tree, "qemu-devices");
      const build = join(tree, "build");
      const { launcher } = inputs.compilers;
      await writeSnapshot(inputs.devices, source);
      await task.run("make", [
        ...["--directory", source, `--jobs=${availableParallelism()}`],
        ...makeVariables(inputs.plain),
        ...[`O=${build}`, `CC=${launcher === undefined ? "" : `${launcher} `}gcc`],
      ]);
      for (const name of LIBRARIES) await copyFile(join(build, name), join(into, name));
      const script = join(into, programOf(inputs));
      await writeFile(script, runScript(inputs.plain));
      await chmod(script, 0o755);
      // Whether this QEMU takes them is better known now than when two VMs are to boot.
      await task.run(script, [
        "-machine",
        "none",
        "-device",
        `${DEVICE[inputs.plain.architecture]},help`,
      ]);
    }),
  );
  return join(directory, programOf(inputs));
}

function programOf({ plain }: DeviceInputs): string {
  return architectureNames[plain.architecture].qemu.program;
}

/** One that this kind of machine can have. */
const DEVICE = { arm64: "dwc-pcie-ep", "x86-64": "dwc-pcie-function" };

/** What make is told of QEMU. */
export function makeVariables({ program, headers }: PlainQemu): string[] {
  return [`QEMU=${program}`, `HEADERS=${headers}`];
}

/** Starts QEMU with the devices that lie beside the script. */
function runScript({ seenFromResult, preload }: PlainQemu): string {
  return `#!/bin/sh
# QEMU with the devices of ntb-edma-lab.
here=\${0%/*}
export QEMU_MODULE_DIR="$here"
export ${preload}="$here/${LIBRARY}\${${preload}:+:$${preload}}"
exec "${seenFromResult}" "$@"
`;
}

function treeKey({ plain, compilers }: DeviceInputs): string {
  return cacheKey([QEMU, plain.identity, compilers.host]);
}

function treeName(inputs: DeviceInputs): string {
  return `devices-${treeKey(inputs).slice(0, 16)}`;
}

function resultKey(inputs: DeviceInputs): string {
  const { plain, devices } = inputs;
  return cacheKey([treeKey(inputs), plain.state, runScript(plain), snapshotInput(devices)]);
}
