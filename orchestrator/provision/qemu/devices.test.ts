// SPDX-License-Identifier: MIT
//
// The devices, built by a makefile of a few lines, for a program in QEMU's place.
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import type { Compilers } from "../kernel/compilers.ts";
import { runTask, type Task } from "../work/task.ts";
import { buildDevices, type DeviceInputs, findDevices } from "./devices.ts";
import type { PlainQemu } from "./plain.ts";

let root: string;
let cache: Cache;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "devices-kind-test-")));
  cache = new Cache(join(root, "cache"));
  program('echo "modules $QEMU_MODULE_DIR preload $LD_PRELOAD_PLAYED args $*"');
});
afterEach(() => rmSync(root, { recursive: true }));

function program(script: string): void {
  writeFileSync(join(root, "qemu"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, "qemu"), 0o755);
}

const makefile = `all:
	@mkdir -p $(O)
	@echo "$(QEMU) $(HEADERS) $(CC)" > $(O)/ntb-edma.so
	@cp src/core.c $(O)/ntb-edma-devices.so
	@touch $(O)/accel-qtest-aarch64.so
`;

const sources = (text = "core\n"): Snapshot => [
  { path: "Makefile", executable: false, data: Buffer.from(makefile) },
  { path: "src/core.c", executable: false, data: Buffer.from(text) },
];

function inputs(devices = sources(), plain: object = {}, compilers: object = {}): DeviceInputs {
  return {
    devices,
    compilers: { host: "gcc 1", launcher: undefined, ...compilers } as Compilers,
    plain: {
      ...{
        architecture: "arm64",
        program: "/qemu",
        seenFromResult: join(root, "qemu"),
        preload: "LD_PRELOAD_PLAYED",
      },
      ...{ headers: "/headers", version: "10", identity: "10", state: null, ...plain },
    } as unknown as PlainQemu,
  };
}

function build(of = inputs()): Promise<string> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "devices", title: "Devices" }, undefined, (task: Task) =>
    buildDevices(cache, of, task),
  );
}

const beside = (script: string, name: string) =>
  readFileSync(join(script, "..", name), "utf8").trim();

test("what make leaves lies beside a script that starts QEMU with it", async () => {
  const script = await build();
  const directory = join(script, "..");
  expect(beside(script, "ntb-edma.so")).toBe("/qemu /headers gcc");
  expect(beside(script, "ntb-edma-devices.so")).toBe("core");
  expect(beside(script, "accel-qtest-aarch64.so")).toBe("");
  expect(statSync(script).mode & 0o777).toBe(0o755);
  const { stdout } = await execa(script, ["-M", "virt"]);
  expect(stdout).toBe(`modules ${directory} preload ${directory}/ntb-edma.so args -M virt`);
  // A library that is to be loaded anyway still is.
  const more = await execa(script, [], { env: { LD_PRELOAD_PLAYED: "/other.so" } });
  expect(more.stdout).toContain(`preload ${directory}/ntb-edma.so:/other.so args`);
});

test("they are found by sources, QEMU, its present state and the compiler", async () => {
  expect(await findDevices(cache, inputs())).toBeUndefined();
  const script = await build();
  expect(await findDevices(cache, inputs())).toBe(script);
  for (const other of [
    inputs(sources("edited\n")),
    inputs(sources(), { identity: "11" }),
    inputs(sources(), { state: "built anew" }),
    inputs(sources(), { seenFromResult: "/elsewhere" }),
    inputs(sources(), {}, { host: "gcc 2" }),
  ]) {
    expect(await findDevices(cache, other)).toBeUndefined();
  }
  // ccache makes the same.
  const cached = inputs(sources(), {}, { launcher: "env" });
  expect(await findDevices(cache, cached)).toBe(script);
  const looking = new Cache(cache.root);
  await findDevices(looking, inputs());
  expect([...looking.referred]).toContainEqual(
    expect.stringMatching(/^trees\/devices-[0-9a-f]{16}$/),
  );
});

test("ccache goes before the compiler where it is there", async () => {
  const script = await build(inputs(sources(), {}, { launcher: "ccache" }));
  expect(beside(script, "ntb-edma.so")).toBe("/qemu /headers ccache gcc");
});

test("devices that QEMU does not take are no result", async () => {
  program("echo 'not the QEMU that the devices were built for' >&2; exit 1");
  await expect(build()).rejects.toThrow("qemu-system-aarch64 ended with status 1");
  expect(await findDevices(cache, inputs())).toBeUndefined();
  program('echo "$*" > "$0.args"');
  await build();
  expect(readFileSync(join(root, "qemu.args"), "utf8")).toBe(
    "-machine none -device dwc-pcie-ep,help\n",
  );
});
