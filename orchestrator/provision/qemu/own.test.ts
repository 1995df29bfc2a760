// SPDX-License-Identifier: MIT
/** What keeps a person's QEMU from running the VMs. Programs that answer as some QEMU does stand in for it. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cache } from "../cache/cache.ts";
import { lookAtQemu } from "./own.ts";

let directory: string;
let cache: Cache;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "own-qemu-test-"));
  cache = new Cache(join(directory, "cache"));
});
afterEach(() => rm(directory, { recursive: true }));

interface Answers {
  readonly version?: string;
  readonly machines?: string;
  readonly processors?: string;
}

/** A program that answers as QEMU 10.0.13 for 64-bit Arm does, but for what is given. */
async function qemuThatSays(
  {
    version = "QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)",
    machines = "virt                 QEMU 10.0 ARM Virtual Machine (alias of virt-10.0)",
    processors = "  cortex-a55",
  }: Answers,
  place = directory,
): Promise<string> {
  const program = join(place, "qemu-system-aarch64");
  await mkdir(place, { recursive: true });
  await writeFile(
    program,
    `#!/bin/sh
case "$*" in
*--version*) echo '${version}' ;;
*-cpu*) echo '${processors}' ;;
*-machine*) echo '${machines}' ;;
esac
`,
  );
  await chmod(program, 0o755);
  return program;
}

describe("what stands in the way is told, with what was found", () => {
  test("nothing there", async () => {
    const path = join(directory, "no-such");
    await expect(lookAtQemu(cache, path)).rejects.toThrow(
      `expected debian:trixie, debian:backports, a QEMU program or the directory where one was built; there is no ${path}`,
    );
  });

  test("a directory without QEMU", async () => {
    await expect(lookAtQemu(cache, directory)).rejects.toThrow(
      `expected qemu-system-aarch64 in ${directory}, where QEMU was built; there is none`,
    );
  });

  test("another program", async () => {
    await expect(lookAtQemu(cache, "/bin/echo")).rejects.toThrow(
      /expected a QEMU system emulator, \/bin\/echo --version said: .*echo/,
    );
  });

  test("no program at all", async () => {
    const file = join(directory, "text");
    await writeFile(file, "text");
    await expect(lookAtQemu(cache, file)).rejects.toThrow(
      /expected a QEMU system emulator, .*text --version said: .*(EACCES|denied)/,
    );
  });

  test("too old", async () => {
    const program = await qemuThatSays({ version: "QEMU emulator version 9.2.4" });
    await expect(lookAtQemu(cache, program)).rejects.toThrow(
      `expected QEMU 10.0 or newer, found QEMU 9.2.4 in ${program}`,
    );
  });

  test.each([
    ["another architecture", { machines: "virt  RISC-V VirtIO board", processors: "  rv64" }],
    ["32 bits", { processors: "  cortex-a15" }],
  ])("not for 64-bit Arm: %s", async (_name, answers) => {
    const program = await qemuThatSays(answers);
    await expect(lookAtQemu(cache, program)).rejects.toThrow(
      /expected a QEMU for 64-bit Arm \(qemu-system-aarch64\) with .*, found QEMU 10\.0\.13 \(Debian/,
    );
  });

  test("nobody has its headers", async () => {
    const program = await qemuThatSays({ version: "QEMU emulator version 10.1.0" });
    await expect(lookAtQemu(cache, program)).rejects.toThrow(
      `expected QEMU's headers beside ${program}, as a build tree has them (config-host.h)`,
    );
  });

  test("a program that lets no library use its functions", async () => {
    const program = join(directory, "qemu-system-aarch64");
    const source = join(directory, "qemu.c");
    const lines = [
      "QEMU emulator version 10.0.13",
      "virt  QEMU 10.0 ARM Virtual Machine",
      "  cortex-a55",
    ].map((line) => `puts("${line}");`);
    await writeFile(source, `#include <stdio.h>\nint main(void) { ${lines.join(" ")} }\n`);
    await execa("gcc", [source, "-o", program]);
    await expect(lookAtQemu(cache, program)).rejects.toThrow(
      /expected a QEMU that lets libraries use its functions.*\(such as register_module_init\) in /,
    );
    await writeFile(
      source,
      `void register_module_init(void) {}\n#include <stdio.h>\nint main(void) { ${lines.join(" ")} }\n`,
    );
    await execa("gcc", ["-rdynamic", source, "-o", program]);
    await expect(lookAtQemu(cache, program)).rejects.toThrow(/expected QEMU's headers beside/);
  });
});

test("a build tree is its own headers", async () => {
  const build = join(directory, "build");
  const program = await qemuThatSays({ version: "QEMU emulator version 10.2.50" }, build);
  await writeFile(join(build, "config-host.h"), "");
  const found = await lookAtQemu(cache, build);
  expect(found).toMatchObject({ program, headers: build, version: `10.2.50, ${program}` });
  expect(await found.hasHeaders(cache)).toBe(true);
});

test("the headers of one of Debian's packages are to be fetched", async () => {
  const found = await lookAtQemu(cache, await qemuThatSays({}));
  expect(found.source).toBe("1:10.0.13+ds-0+deb13u1");
  expect(await found.hasHeaders(cache)).toBe(false);
});
