// SPDX-License-Identifier: MIT
/** Which QEMU the devices let themselves be loaded into, and what they say to any other. */
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeTemporaryDirectory } from "../../orchestrator/lab/temporary.ts";

const { qemu } = inject("artifacts");
const variable = (name: string) =>
  qemu.make.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
/** The QEMU of this test run without the devices, and what they were compiled against. */
const plain = variable("QEMU");
const headers = variable("HEADERS");
const devices = join(dirname(qemu.binary), "ntb-edma-devices.so");

let temporary: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let version: string;

beforeAll(async () => {
  temporary = await makeTemporaryDirectory();
  const { stdout } = await execa(plain, ["--version"]);
  version = /version (.*)/.exec(stdout)?.[1] ?? "";
});
afterAll(() => temporary.remove());

/** Where `ntb-edma.so` is built, for one QEMU after the other, beside the devices. */
const out = () => join(temporary.path, "build");
const library = () => join(out(), "ntb-edma.so");

/** Builds it for a QEMU that says it is `says`. */
async function build(says: string, ...words: readonly string[]): Promise<string> {
  const pretended = join(temporary.path, "qemu");
  await writeFile(pretended, `#!/bin/sh\necho "QEMU emulator version ${says}"\n`, { mode: 0o755 });
  const given = [`O=${out()}`, `QEMU=${pretended}`, `HEADERS=${headers}`, ...words];
  await execa("make", ["--directory", join(import.meta.dirname, ".."), library(), ...given]);
  await copyFile(devices, join(out(), "ntb-edma-devices.so"));
  return library();
}

/** A directory that comes before QEMU's headers, in which `file` is as `change` has it. */
async function changedHeader(file: string, change: (text: string) => string): Promise<string> {
  const text = await readFile(join(headers, "include", file), "utf8");
  expect(change(text)).not.toBe(text);
  const overlay = await mkdtemp(join(temporary.path, "headers-"));
  await mkdir(join(overlay, dirname(file)), { recursive: true });
  await writeFile(join(overlay, file), change(text));
  return overlay;
}

/** The headers of a QEMU of another version, which are the same otherwise. */
async function headersOf(version: string): Promise<string> {
  const directory = await mkdtemp(join(temporary.path, "version-"));
  for (const name of await readdir(headers)) {
    if (name !== "VERSION") await symlink(join(headers, name), join(directory, name));
  }
  await writeFile(join(directory, "VERSION"), `${version}\n`);
  return directory;
}

async function start(program = plain, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa(program, args, {
    reject: false,
    env: { LD_PRELOAD: library() },
  });
  return { exitCode, stdout, stderr };
}

const listDevices = ["-machine", "virt", "-device", "help"];

test("the QEMU that they were built for lists them as its own", async () => {
  await build(version);
  const { exitCode, stdout } = await start(plain, ...listDevices);
  expect(stdout).toContain('name "dwc-pcie-ep"');
  expect(stdout).toContain('name "dwc-pcie-function"');
  expect(exitCode).toBe(0);
});

test("events of theirs are known before the command line is read", async () => {
  const { stdout } = await execa(qemu.binary, ["-machine", "none", "-trace", "help"]);
  expect(stdout.split("\n")).toContain("dwc_edma_doorbell");
  const wrong = await execa(qemu.binary, ["-machine", "none", "-trace", "dwc_no_such", "-version"]);
  expect(wrong.stderr).toContain("dwc_no_such");
  const right = await execa(qemu.binary, [
    ...["-machine", "none", "-trace", "dwc_edma_doorbell", "-d", "trace:dwc_iatu_write"],
    "-version",
  ]);
  expect(right.stderr).toBe("");
});

describe("a QEMU that they were not built for is ended, with what was wanted and what was found", () => {
  test("another version", async () => {
    await build("10.0.1", `HEADERS=${await headersOf("10.0.1")}`);
    const { exitCode, stderr } = await start(plain, ...listDevices);
    expect(stderr).toContain("expected QEMU 10.0.1, for which the devices were built");
    expect(stderr).toContain(`found QEMU ${version}; build the devices for this QEMU: make`);
    expect(exitCode).toBe(1);
  });

  test("another package of the same version", async () => {
    const [upstream] = version.split(" ");
    await build(`${upstream} (Debian 1:${upstream}+ds-99)`);
    const { exitCode, stderr } = await start(plain, ...listDevices);
    expect(stderr).toContain(`expected QEMU ${upstream} (Debian 1:${upstream}+ds-99)`);
    expect(stderr).toContain(`found QEMU ${version}`);
    expect(exitCode).toBe(1);
  });

  test.each([
    ["device", "DeviceState", "hw/qdev-core.h"],
    ["device", "DeviceClass", "hw/qdev-core.h"],
    ["memory-region", "MemoryRegion", "exec/memory.h"],
    ["virt-machine", "VirtMachineState", "hw/arm/virt.h"],
  ])("one whose %s has another size: %s", async (type, structure, file) => {
    const overlay = await changedHeader(file, (text) =>
      text.replace(`struct ${structure} {`, "$&\n    uint64_t more[2];"),
    );
    await build(version, `CPPFLAGS=-iquote ${overlay}`);
    const { exitCode, stderr } = await start(plain, ...listDevices);
    expect(stderr).toMatch(
      new RegExp(
        `expected type ${type} to have \\d+ bytes and its class \\d+.*, found \\d+ and \\d+;`,
      ),
    );
    expect(exitCode).toBe(1);
  });

  test("one whose objects have the same size, but not their members where they were", async () => {
    const overlay = await changedHeader("hw/pci/pci_device.h", (text) =>
      text.replace("struct PCIDevice {", "$&\n    uint64_t in_a_gap;"),
    );
    await build(version, `CPPFLAGS=-iquote ${overlay}`);
    const { exitCode, stderr } = await start(plain, ...listDevices);
    expect(stderr).toMatch(
      /expected property \S+ of type pci-device to set what lies at byte \d+ of it.*, found byte \d+;/,
    );
    expect(exitCode).toBe(1);
  });

  test("one that lacks a function which they need", async () => {
    await build(version);
    const source = join(out(), "needs.c");
    await writeFile(source, "void no_such_function(void); void f(void) { no_such_function(); }\n");
    await execa("gcc", ["-shared", "-fPIC", source, "-o", join(out(), "ntb-edma-devices.so")]);
    const { exitCode, stderr } = await start(plain, ...listDevices);
    expect(stderr).toContain(`expected QEMU ${version} to take the devices, but: `);
    expect(stderr).toContain("undefined symbol: no_such_function");
    expect(exitCode).toBe(1);
  });

  test("one that lets no library use its functions", async () => {
    await build(version);
    const { exitCode, stderr } = await start(await compile("qemu-system-closed"));
    expect(stderr).toMatch(
      /expected a QEMU that lets libraries use its functions .*, found one that does not;/,
    );
    expect(exitCode).toBe(1);
  });
});

test("a program that is no QEMU is left alone", async () => {
  await build(version);
  const { exitCode, stderr } = await start(await compile("something"));
  expect(stderr).toBe("");
  expect(exitCode).toBe(7);
});

/** A program of this name that ends with status 7. */
async function compile(name: string): Promise<string> {
  const program = join(temporary.path, name);
  const source = `${program}.c`;
  await writeFile(source, "int main(void) { return 7; }\n");
  await execa("gcc", [source, "-o", program]);
  await rm(source);
  return program;
}

describe("make says what is wrong with what it is given", () => {
  const make = (...words: readonly string[]) =>
    execa(
      "make",
      ["--directory", join(import.meta.dirname, ".."), `O=${temporary.path}/no`, ...words],
      {
        reject: false,
      },
    );

  test("no headers", async () => {
    const { stderr } = await make(`QEMU=${plain}`, "HEADERS=");
    expect(stderr).toContain(
      "expected HEADERS=DIR, the source of the QEMU that is to have the devices",
    );
  });

  test("a directory without headers", async () => {
    const { stderr } = await make(`QEMU=${plain}`, `HEADERS=${temporary.path}`);
    expect(stderr).toContain(`in ${temporary.path}, found no include/qemu/osdep.h there`);
  });

  test("a program that is no QEMU", async () => {
    const { stderr } = await make("QEMU=true", `HEADERS=${headers}`);
    expect(stderr).toContain("expected QEMU=COMMAND to be a QEMU system emulator");
  });

  test("headers of another version", async () => {
    const { stderr } = await make(`QEMU=${plain}`, `HEADERS=${await headersOf("9.2.0")}`);
    expect(stderr).toContain(`expected the source of QEMU ${version.split(" ")[0]}, which`);
    expect(stderr).toContain("found that of 9.2.0");
  });
});
