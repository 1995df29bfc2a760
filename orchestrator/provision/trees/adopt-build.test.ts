// SPDX-License-Identifier: MIT
import {
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
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
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runTask } from "../work/task.ts";
import { adoptBuild } from "./adopt-build.ts";

/** As kbuild does: compiles what is older than its sources, and what a different command would compile now. */
const makefile = `
src := $(dir $(realpath $(firstword $(MAKEFILE_LIST))))
-include $(wildcard .*.cmd)
all: a.o b.o
%.o: $(src)%.c $(src)h.h FORCE
	@[ "$(was_$@) $(filter-out FORCE,$?)" = "cc -I$(src)include $< " ] || { echo CC $@; \\
	cat $< $(src)h.h > $@; echo 'was_$@ := cc -I$(src)include $<' > .$@.cmd; }
FORCE:
`;
const sources = { "a.c": "a", "b.c": "b", "h.h": "h", makefile };
const files = Object.keys(sources);
const past = new Date("2026-01-01");

let root: string;
const at = (...path: string[]) => join(root, ...path);
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "adopt-build-test-")));
  for (const name of ["linux", "patched"]) {
    mkdirSync(at(name));
    for (const [file, text] of Object.entries(sources)) {
      writeFileSync(at(name, file), text);
      utimesSync(at(name, file), past, past);
    }
  }
  mkdirSync(at("build"));
  symlinkSync(at("linux"), at("build/source"));
});
afterEach(() => rmSync(root, { recursive: true }));

async function make(source: string, build: string): Promise<string> {
  return (await execa("make", ["-C", at(build), "-f", at(source, "makefile")])).stdout
    .split("\n")
    .filter((line) => line.startsWith("CC"))
    .join(", ");
}

function adopt(source = "patched", ours = true): Promise<boolean> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "adopt", title: "Adopt" }, undefined, (task) => {
    const modules = (kernel: string) => ["plain", "none"].map((name) => at(`${name}-${kernel}`));
    const from = { source: at("linux"), build: at("build"), modules: modules("build") };
    const to = { source: at(source), build: at("new"), modules: modules("new"), ours };
    return adoptBuild(from, to, task);
  });
}

test("make compiles again what a patch has touched, and nothing else", async () => {
  expect(await make("linux", "build")).toBe("CC a.o, CC b.o");
  writeFileSync(at("patched/b.c"), "B");
  await adopt();
  expect(await make("patched", "new")).toBe("CC b.o");
  expect(readFileSync(at("new/b.o"), "utf8")).toBe("Bh");
  expect(await make("linux", "build")).toBe("");
});

test("also where the patched file is older than the former build, and where a header is", async () => {
  writeFileSync(at("patched/h.h"), "H");
  utimesSync(at("patched/h.h"), past, new Date("2026-01-02"));
  await make("linux", "build");
  await adopt();
  expect(await make("patched", "new")).toBe("CC a.o, CC b.o");
  expect(readFileSync(at("new/a.o"), "utf8")).toBe("aH");
});

test("also where time and size are the same, or the former file has been edited since it was compiled", async () => {
  writeFileSync(at("linux/a.c"), "A");
  utimesSync(at("linux/a.c"), past, past);
  await make("linux", "build");
  writeFileSync(at("linux/a.c"), "a");
  writeFileSync(at("patched/b.c"), "B");
  utimesSync(at("patched/b.c"), past, past);
  await adopt();
  expect(await make("patched", "new")).toBe("CC a.o, CC b.o");
});

test("the same source, for other settings, is left as it is", async () => {
  await make("linux", "build");
  await adopt("linux");
  expect(await make("linux", "new")).toBe("");
  expect(statSync(at("linux/a.c")).mtimeMs).toBe(past.getTime());
});

test("the former source is found by what the build says, when both have been moved", async () => {
  rmSync(at("build/source"));
  symlinkSync("/gone/linux", at("build/source"));
  writeFileSync(at("build/.a.o.cmd"), "cc -I/gone/linux/include /gone/linux-next/x /gone/linux\n");
  symlinkSync("/gone/linux/scripts/gdb.py", at("build/gdb.py"));
  await adopt();
  const present = at("patched");
  expect(readFileSync(at("new/.a.o.cmd"), "utf8")).toBe(
    `cc -I${present}/include /gone/linux-next/x ${present}\n`,
  );
  expect(readlinkSync(at("new/source"))).toBe(present);
  expect(readlinkSync(at("new/gdb.py"))).toBe(join(present, "scripts/gdb.py"));
});

test("what modules were built against is the new build, and nothing is left of what they were before", async () => {
  mkdirSync(at("plain-build"));
  const says = (linux: string, build: string) => `-I${at(linux)}/include -I${at(build)}/include\n`;
  writeFileSync(at("plain-build/.m.o.cmd"), says("linux", "build"));
  await adopt();
  expect(readFileSync(at("plain-new/.m.o.cmd"), "utf8")).toBe(says("patched", "new"));
  expect(existsSync(at("none-new"))).toBe(false);
  // Objects that are newer than the build that is adopted, and were made against one that has gone.
  for (const name of ["plain-new", "none-new"]) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(name, "m.o"), "");
  }
  rmSync(at("new"), { recursive: true });
  await adopt();
  expect(readdirSync(at("plain-new"))).toEqual([".m.o.cmd"]);
  expect(existsSync(at("none-new"))).toBe(false);
});

test("names are renamed where they are whole paths, in whatever script they are written", async () => {
  const name = "Jürgen/核";
  mkdirSync(at(name), { recursive: true });
  rmSync(at("build/source"));
  symlinkSync("/linux", at("build/source"));
  const says = (source: string) =>
    `cc -I${source}/include -Wa,-I${source} "${source}/include/linux/a.h" include/linux/b.h\n`;
  writeFileSync(at("build/.a.o.cmd"), says("/linux"));
  await adopt(name);
  expect(readFileSync(at("new/.a.o.cmd"), "utf8")).toBe(says(at(name)));
  expect(readlinkSync(at("new/source"))).toBe(at(name));
  rmSync(at("build"), { recursive: true });
  renameSync(at("new"), at("build"));
  await adopt();
  expect(readFileSync(at("new/.a.o.cmd"), "utf8")).toBe(says(at("patched")));
  expect(readlinkSync(at("new/source"))).toBe(at("patched"));
});

test.each([true, false])(
  "a link to another file is none that make would see: no build is adopted (ours: %s)",
  async (ours) => {
    symlinkSync("a.c", at("linux/link.c"));
    await make("linux", "build");
    symlinkSync("b.c", at("patched/link.c"));
    const later = new Date(Date.now() + 60_000);
    lutimesSync(at("patched/link.c"), later, later);
    expect(await adopt("patched", ours)).toBe(false);
    expect(existsSync(at("new"))).toBe(false);
  },
);

test("a link that is older than the former source's leads to the same, and is no reason against", async () => {
  await make("linux", "build");
  for (const name of ["linux", "patched"]) symlinkSync("a.c", at(name, "link.c"));
  lutimesSync(at("patched/link.c"), past, past);
  expect(await adopt()).toBe(true);
  expect(lstatSync(at("patched/link.c")).mtimeMs).toBeGreaterThan(past.getTime());
});

test.each(["linux", "patched"])(
  "nothing in either source is written: adopted for %s",
  async (to) => {
    for (const source of ["linux", "patched"]) {
      writeFileSync(at(source, "notes"), `${at("build")} ${at("linux")}\n`);
      symlinkSync(at("build"), at(source, "link"));
      utimesSync(at(source, "notes"), past, past);
      lutimesSync(at(source, "link"), past, past);
    }
    mkdirSync(at("linux/.git"));
    writeFileSync(at("linux/.git/HEAD"), "");
    await adopt(to);
    for (const source of ["linux", "patched"]) {
      expect(readFileSync(at(source, "notes"), "utf8")).toBe(`${at("build")} ${at("linux")}\n`);
      expect(readlinkSync(at(source, "link"))).toBe(at("build"));
      expect(lstatSync(at(source, "link")).mtimeMs).toBe(past.getTime());
    }
  },
);

describe("a person's own tree, whose times may not change", () => {
  /** As an editor leaves it: newer than all that has been built. */
  const edit = (file: string, text: string) => {
    writeFileSync(at("patched", file), text);
    utimesSync(at("patched", file), later, later);
  };
  const later = new Date(Date.now() + 60_000);
  const timesOf = () => files.map((file) => statSync(at("patched", file)).mtimeMs);

  test("begins from the build of what it is a copy of", async () => {
    await make("linux", "build");
    edit("b.c", "B");
    const before = timesOf();
    expect(await adopt("patched", false)).toBe(true);
    expect(await make("patched", "new")).toBe("CC b.o");
    expect(timesOf()).toEqual(before);
  });

  test("but not where make would not see what differs, though time and size are the same", async () => {
    await make("linux", "build");
    writeFileSync(at("patched/h.h"), "H");
    utimesSync(at("patched/h.h"), past, past);
    expect(await adopt("patched", false)).toBe(false);
    expect(existsSync(at("new"))).toBe(false);
  });

  test("nor where the other one's file has been edited since it was compiled", async () => {
    writeFileSync(at("linux/b.c"), "Z");
    utimesSync(at("linux/b.c"), past, past);
    await make("linux", "build");
    writeFileSync(at("linux/b.c"), "b");
    expect(await adopt("patched", false)).toBe(false);
  });

  test("nor where most files are newer: nothing would be gained", async () => {
    await make("linux", "build");
    for (const file of ["a.c", "b.c", "makefile"]) utimesSync(at("patched", file), later, later);
    expect(await adopt("patched", false)).toBe(false);
  });

  test("nor where what differs is as old as the build", async () => {
    await make("linux", "build");
    for (const file of readdirSync(at("build"))) lutimesSync(at("build", file), later, later);
    edit("b.c", "B");
    expect(await adopt("patched", false)).toBe(false);
  });

  test.each([0, 30_000, 90_000])(
    "without modules that were built %i ms after a file that differs",
    async (ms) => {
      await make("linux", "build");
      edit("b.c", "B");
      edit("a.c", "A");
      const latest = new Date(later.getTime() + 60_000);
      utimesSync(at("patched/a.c"), latest, latest);
      mkdirSync(at("plain-build"));
      writeFileSync(at("plain-build/m.o"), "");
      const then = new Date(later.getTime() + ms);
      utimesSync(at("plain-build/m.o"), then, then);
      expect(await adopt("patched", false)).toBe(true);
      expect(existsSync(at("plain-new"))).toBe(false);
      expect(await make("patched", "new")).toBe("CC a.o, CC b.o");
    },
  );
});

test("objects stay as they are, and texts keep their times", async () => {
  const object = Buffer.from(`\u007fELF\0${at("linux")}/a.c`);
  writeFileSync(at("build/a.o"), object);
  writeFileSync(at("build/.a.o.cmd"), `${at("linux")}\n`);
  symlinkSync("a.o", at("build/link.o"));
  for (const file of [".a.o.cmd", "link.o"]) lutimesSync(at("build", file), past, past);
  // Of an adoption that was killed.
  mkdirSync(at("new.partial/rubbish"), { recursive: true });
  await adopt();
  expect(readFileSync(at("new/a.o"))).toEqual(object);
  expect(readFileSync(at("new/.a.o.cmd"), "utf8")).toBe(`${at("patched")}\n`);
  expect(statSync(at("new/.a.o.cmd")).mtimeMs).toBe(past.getTime());
  expect(lstatSync(at("new/link.o")).mtimeMs).toBe(past.getTime());
  expect(existsSync(at("new.partial"))).toBe(false);
  expect(existsSync(at("new/rubbish"))).toBe(false);
});
