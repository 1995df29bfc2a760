// SPDX-License-Identifier: MIT
/** What keeps a person's QEMU from running the VMs. Programs that answer as some QEMU does stand in for it. */
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Archive } from "../archive/apt.ts";
import { Cache } from "../cache/cache.ts";
import { runTask } from "../work/task.ts";
import { fetchHeaders, lookAtQemu } from "./own.ts";

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

  test.each(["9.2.4", "9.0.1", "8.10.0"])("too old: %s", async (version) => {
    const program = await qemuThatSays({ version: `QEMU emulator version ${version}` });
    await expect(lookAtQemu(cache, program)).rejects.toThrow(
      `expected QEMU 10.0 or newer, found QEMU ${version} in ${program}`,
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

test.each(["QEMU emulator version 10.0.0", "QEMU emulator version 11.0.50 (v11.0.0-12-gabc)"])(
  "%s is new enough",
  async (version) => {
    const program = await qemuThatSays({ version });
    await writeFile(join(directory, "config-host.h"), "");
    expect((await lookAtQemu(cache, program)).version).toContain(version.split(" ")[3]);
  },
);

test("one that is built anew in its place is another one, and known by its place as the same", async () => {
  await writeFile(join(directory, "config-host.h"), "");
  const first = await lookAtQemu(cache, await qemuThatSays({}));
  const program = await qemuThatSays({ processors: "  cortex-a55 and more" });
  const second = await lookAtQemu(cache, program);
  expect(second.identity).toEqual(first.identity);
  const elsewhere = join(directory, "elsewhere");
  await cp(program, join(elsewhere, "qemu"));
  await writeFile(join(elsewhere, "config-host.h"), "");
  expect((await lookAtQemu(cache, join(elsewhere, "qemu"))).identity).not.toEqual(first.identity);
  expect(second.state).not.toEqual(first.state);
  await utimes(program, 1, 1);
  expect((await lookAtQemu(cache, program)).state).not.toEqual(second.state);
});

test("that for a host which is a PC lies beside that for Arm, and is asked for what PCs are", async () => {
  const arm = await qemuThatSays({});
  await writeFile(join(directory, "config-host.h"), "");
  await expect(lookAtQemu(cache, arm, "x86-64")).rejects.toThrow(
    `expected qemu-system-x86_64 beside ${arm}, for a host that is a PC; there is none in ${directory}`,
  );
  const beside = join(directory, "qemu-system-x86_64");
  await rename(arm, beside);
  await expect(lookAtQemu(cache, directory, "x86-64")).rejects.toThrow(
    'expected a QEMU for PCs (qemu-system-x86_64) with the machine "q35" and the processor max',
  );
  await qemuThatSays({ machines: "q35   Standard PC", processors: "  max" });
  await rename(arm, beside);
  await qemuThatSays({});
  for (const path of [arm, directory]) {
    const found = await lookAtQemu(cache, path, "x86-64");
    expect(found).toMatchObject({ architecture: "x86-64", program: beside });
  }
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

test("once they are fetched they are there, and needed as long as that QEMU is looked at", async () => {
  const program = await qemuThatSays({});
  const bin = join(directory, "bin");
  await mkdir(bin);
  const play = (name: string, script: string) =>
    writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const uri = `'http://deb.example/q.dsc' q.dsc 1 SHA256:${"a".repeat(64)}`;
  await play("apt-get", `case "$*" in *--print-uris*) echo "${uri}";; esac`);
  await play("dpkg-source", 'for all; do :; done\nmkdir -p "$all"; touch "$all/VERSION"');
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { source = "" } = await lookAtQemu(cache, program);
  const environment = { signal: new AbortController().signal, progress: () => {} };
  await mkdir(cache.root, { recursive: true });
  await runTask(environment, { id: "headers", title: "Headers" }, undefined, (task) =>
    fetchHeaders(cache, new Archive(cache), source, task),
  );
  const later = new Cache(cache.root);
  const found = await lookAtQemu(later, program);
  expect(await found.hasHeaders(later)).toBe(true);
  expect(await readdir(found.headers)).toContain("VERSION");
  const kinds = [...later.referred].map((entry) => entry.split("/")[0]);
  expect(kinds).toEqual(expect.arrayContaining(["downloads", "qemu-headers"]));
  await rm(found.headers, { recursive: true });
  expect(await found.hasHeaders(later)).toBe(false);
});
