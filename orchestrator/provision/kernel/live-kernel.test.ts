// SPDX-License-Identifier: MIT
//
// A live tree: make is not called where nothing has changed, and is for every change of what it would look at.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildKernel } from "./kernel.ts";
import { PlayedLinux } from "./testing/played-linux.ts";

let linux: PlayedLinux;
beforeEach(() => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "live-kernel-test-"))));
});
afterEach(() => rmSync(linux.root, { recursive: true }));

const inputs = (text?: string) =>
  linux.inputs(text, { source: linux.source({ fixed: undefined }) });
const build = (text?: string) => linux.task((task) => buildKernel(linux.cache, inputs(text), task));
const imageOf = async () => readFileSync((await build()).artifacts.image, "utf8");

/** What make was called for by one more build. */
async function callsOfBuild(text?: string): Promise<string[]> {
  linux.calls();
  await build(text);
  return linux.calls();
}

/** Until the file system's clock has moved on, as it has when a person comes back from an editor. */
function tick(): void {
  const [file, then] = [join(linux.root, "tick"), () => statSync(file, { bigint: true }).ctimeNs];
  writeFileSync(file, "");
  for (const before = then(); then() === before; ) writeFileSync(file, "");
}

beforeEach(async () => {
  // As in the kernel's: make is in there without leaving a trace in its build tree.
  linux.write("linux/scripts/helper.sh", "one\n");
  linux.write("linux/drivers/Makefile", "obj-y :=\n");
  linux.write("outside.h", "one\n");
  symlinkSync("../../outside.h", join(linux.directory, "scripts/link.h"));
  // A time that can be set again to the nanosecond.
  utimesSync(join(linux.directory, "main.c"), 1e9, 1e9);
  linux.write("linux/net/ipv4/read.h", "one\n");
  tick();
  await build();
});

test("an unchanged tree is not made again, and its kernel is the same", async () => {
  const former = await build();
  expect(await callsOfBuild()).toEqual([]);
  expect(await build()).toEqual(former);
});

describe("make is called", () => {
  test("for an edit of the same size, in the same second, whose time was set back", async () => {
    const path = join(linux.directory, "main.c");
    writeFileSync(path, "niam\n");
    utimesSync(path, 1e9, 1e9);
    expect(await imageOf()).toBe("niam\nCONFIG_A=y\n");
  });

  test("for a file that another one of the same size and time was moved to", async () => {
    const path = join(linux.directory, "main.c");
    writeFileSync(`${path}.new`, "niam\n");
    utimesSync(`${path}.new`, 1e9, 1e9);
    renameSync(`${path}.new`, path);
    expect(await imageOf()).toBe("niam\nCONFIG_A=y\n");
  });

  const changes: Record<string, () => void> = {
    "a file where make was": () => linux.write("linux/drivers/Makefile", "obj-m :=\n"),
    "a file where it leaves no trace": () => linux.write("linux/scripts/helper.sh", "two\n"),
    "a new file": () => linux.write("linux/drivers/new.c", ""),
    "a file that goes": () => rmSync(join(linux.directory, "drivers/Makefile")),
    "a new directory": () => mkdirSync(join(linux.directory, "scripts/more")),
    "a mode": () => linux.program("linux/scripts/helper.sh", "one"),
    "what a link leads to": () => linux.write("outside.h", "two\n"),
    Kconfig: () => linux.write("linux/Kconfig", "config A\n"),
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`for ${what}`, async () => {
      change();
      expect(await callsOfBuild()).not.toEqual([]);
      // The change was in a moment that make's own begin may be in.
      tick();
      await build();
      expect(await callsOfBuild()).toEqual([]);
    });
  }

  test("for other settings, and then not for the former ones", async () => {
    expect(await callsOfBuild("CONFIG_B=y\n")).not.toEqual([]);
    expect(await callsOfBuild()).toEqual([]);
  });

  test("for another environment of the makefiles", async () => {
    process.env.KBUILD_LAB_TEST = "1";
    try {
      expect(await callsOfBuild()).not.toEqual([]);
    } finally {
      delete process.env.KBUILD_LAB_TEST;
    }
  });

  test("where its result or its build tree has gone", async () => {
    const { artifacts } = await build();
    rmSync(artifacts.image);
    expect(await callsOfBuild()).not.toEqual([]);
    rmSync(join(artifacts.buildDir, "Module.symvers"));
    expect(await callsOfBuild()).not.toEqual([]);
  });

  test("after a build that failed", async () => {
    rmSync(join(linux.directory, "main.c"));
    await expect(build()).rejects.toThrow();
    linux.write("linux/main.c", "main\n");
    expect(await callsOfBuild()).not.toEqual([]);
  });
});

test("what is edited while make runs is seen by the next build", async () => {
  linux.write("linux/main.c", "first\n");
  const makefile = readFileSync(join(linux.directory, "Makefile"), "utf8");
  // An editor saves after the image has been made of it.
  const made = "> $(O)/arch/arm64/boot/Image\n";
  const saves = "\t@test -e ../saved || printf 'later\\n' > main.c; touch ../saved\n";
  linux.write("linux/Makefile", makefile.replace(made, made + saves));
  tick();
  expect(await imageOf()).toBe("first\nCONFIG_A=y\n");
  expect(existsSync(join(linux.root, "saved"))).toBe(true);
  expect(await imageOf()).toBe("later\nCONFIG_A=y\n");
});

test("a header that the kernel does not show makes other modules, and nothing else that it does not show", async () => {
  linux.write("linux/include/linux/ntb.h", "one\n");
  linux.write("linux/drivers/unused.c", "one\n");
  const { key } = await build();
  linux.write("linux/drivers/unused.c", "two\n");
  expect((await build()).key).toBe(key);
  linux.write("linux/include/linux/ntb.h", "two\n");
  const other = await build();
  expect(other.key).not.toBe(key);
  linux.write("linux/arch/arm64/include/asm/io.h", "one\n");
  expect((await build()).key).not.toBe(other.key);
  // Of another kind of machine.
  linux.write("linux/arch/x86/include/asm/io.h", "one\n");
  linux.write("linux/include/linux/ntb.h", "one\n");
  rmSync(join(linux.directory, "arch/arm64/include"), { recursive: true });
  expect((await build()).key).toBe(key);
});

test("a record that was cut short is none", async () => {
  const { artifacts } = await build();
  const record = join(artifacts.buildDir, "made-from.json");
  writeFileSync(record, readFileSync(record, "utf8").slice(0, 100));
  expect(await callsOfBuild()).not.toEqual([]);
  expect(await callsOfBuild()).toEqual([]);
});

test.each([
  'CONFIG_INITRAMFS_SOURCE="/srv/initramfs"',
  'CONFIG_EXTRA_FIRMWARE="board.bin"',
  "CONFIG_LOCALVERSION_AUTO=y",
])("make is called each time with %s, for it looks at what leaves no trace", async (setting) => {
  const [symbol = ""] = setting.replace("CONFIG_", "").split("=");
  linux.write("linux/Kconfig", `config A\nconfig ${symbol}\n`);
  tick();
  await build(`${setting}\n`);
  expect(await callsOfBuild(`${setting}\n`)).not.toEqual([]);
});

test("it is not where these settings name nothing", async () => {
  const setting = 'CONFIG_INITRAMFS_SOURCE=""\n';
  linux.write("linux/Kconfig", "config A\nconfig INITRAMFS_SOURCE\n");
  tick();
  await build(setting);
  expect(await callsOfBuild(setting)).toEqual([]);
});

test("what all kinds of machines use, and what is of one alone, counts with all below them", async () => {
  linux.write("linux/arch/x86/include/asm/Kbuild", "generic-y += one.h\n");
  linux.write("linux/tools/lib/string.c", "one\n");
  const { artifacts } = await build();
  mkdirSync(join(artifacts.buildDir, "arch/x86/kernel"), { recursive: true });
  linux.write("linux/driver.c", "other\n");
  tick();
  await build();
  for (const path of ["arch/x86/include/asm/Kbuild", "tools/lib/string.c"]) {
    linux.write(`linux/${path}`, "two\n");
    expect(await callsOfBuild(), path).not.toEqual([]);
    tick();
    await build();
    expect(await callsOfBuild()).toEqual([]);
  }
});

test("files that a compilation has read count where the tree is known by another name, or they are not of it", async () => {
  const { artifacts } = await build();
  symlinkSync("linux", join(linux.root, "other-name"));
  const inOtherName = join(linux.root, "other-name/net/ipv4/read.h");
  const outside = join(linux.root, "outside.c");
  writeFileSync(outside, "one\n");
  mkdirSync(join(artifacts.buildDir, "made"));
  const generated = join(artifacts.buildDir, "made/generated.h");
  writeFileSync(
    join(artifacts.buildDir, "made/.thing.o.cmd"),
    `source_made/thing.o := ${outside}\n\ndeps_made/thing.o := \\\n  ${inOtherName} \\\n  ${generated} \\\n  made/other.h \\\n`,
  );
  linux.write("linux/driver.c", "other\n");
  tick();
  // What the build makes itself is none of it.
  writeFileSync(generated, "");
  await build();
  writeFileSync(generated, "again\n");
  expect(await callsOfBuild()).toEqual([]);
  for (const path of [inOtherName, outside]) {
    writeFileSync(path, "two\n");
    expect(await callsOfBuild(), path).not.toEqual([]);
    tick();
    await build();
    expect(await callsOfBuild()).toEqual([]);
  }
});

test("files that a compilation has read count wherever they are", async () => {
  const { artifacts } = await build();
  const header = join(linux.directory, "net/ipv4/read.h");
  writeFileSync(
    join(artifacts.buildDir, "drivers/.thing.o.cmd"),
    `source_drivers/thing.o := ${join(linux.directory, "driver.c")}\n\ndeps_drivers/thing.o := \\\n  ${header} \\\n    $(wildcard include/config/A) \\\n`,
  );
  linux.write("linux/driver.c", "other\n");
  tick();
  await build();
  expect(await callsOfBuild()).toEqual([]);
  writeFileSync(header, "two\n");
  expect(await callsOfBuild()).not.toEqual([]);
});
