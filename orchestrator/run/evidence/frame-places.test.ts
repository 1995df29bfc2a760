// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PlayedObjects, playBinutils } from "../testing/played-binutils.ts";
import {
  type Frame,
  frameIn,
  placesByAddress,
  sourceDirectory,
  withPlace,
} from "./frame-places.ts";

describe("a frame", () => {
  test.each([
    [
      "[    9.1][   T5]  epf_bind+0x1/0x2 [pci-epf-vntb]",
      { name: "epf_bind", offset: 1, length: 2, module: "pci_epf_vntb", exact: false },
    ],
    [
      "[    9.1] pc : f.constprop.0+0x4c/0xb8 [m e6b4]",
      { name: "f.constprop.0", offset: 76, length: 184, module: "m", exact: true },
    ],
    [
      "[    9.1]  kthread+0x110/0x124 (P)",
      { name: "kthread", offset: 272, length: 292, exact: false },
    ],
    ["[    9.1] Call trace:", undefined],
  ])("in %s", (line, frame) => {
    expect(frameIn(line)).toEqual(frame);
  });

  test("gets its place in a line that the script has decoded otherwise, or not at all", () => {
    const frame = frameIn("f+0x1/0x2 [m]") as Frame;
    expect(withPlace("f (a.c:1) m", frame, "b.c:2")).toBe("f (b.c:2) m");
    expect(withPlace("[ 1.0] pc : f+0x1/0x2 m", frame, "b.c:2")).toBe("[ 1.0] pc : f (b.c:2) m");
  });
});

describe("a static function whose name stands twice", () => {
  let directory: string;
  let lengths: Record<string, number>;
  const object = (name: string) => join(directory, name);

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "frame-places-test-"));
    mkdirSync(object("init"));
    const write = (file: string, text: string) => writeFileSync(object(file), text);
    const body = "{ volatile int x = 0; x++; return x; }";
    write(
      "a.c",
      `static __attribute__((noinline)) int same(void)\n${body}\nint a(void) { return same(); }\n`,
    );
    // Longer than the first by more than a gap.
    write(
      "b.c",
      `static __attribute__((noinline)) int same(void)\n{ volatile int x = 0; ${"x++; ".repeat(40)}return x; }\nint b(void) { return same(); }\n`,
    );
    // As long as the first, so that nothing tells them apart.
    write(
      "c.c",
      `static __attribute__((noinline)) int twin(void)\n${body}\nint c(void) { return twin(); }\n`,
    );
    write(
      "d.c",
      `\n\nstatic __attribute__((noinline)) int twin(void)\n${body}\nint d(void) { return twin(); }\n`,
    );
    write(
      "e.c",
      `__attribute__((section(".init.text"))) int early(void)\n${body}\nint kernel_init_of_none;\n`,
    );
    write("init/main.c", `int kernel_init(void)\n${body}\n`);
    const files = ["a", "b", "c", "d", "e", "init/main"];
    for (const file of files) {
      execFileSync("gcc", ["-g", "-O1", "-c", object(`${file}.c`), "-o", object(`${file}.o`)]);
    }
    execFileSync("ld", ["-r", ...files.map((file) => object(`${file}.o`)), "-o", object("m.ko")]);
    const table = execFileSync("readelf", ["-sW", object("m.ko")], { encoding: "utf8" });
    const rows = [...table.matchAll(/ (\d+) FUNC .* (\w+)$/gm)];
    lengths = Object.fromEntries(rows.map(([, size, name]) => [`${name}`, Number(size)]));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const places = async (frame: Partial<Frame>) => {
    const whole = { name: "same", offset: 1, length: 0, exact: false, ...frame } as Frame;
    const found = await placesByAddress([whole], { file: object("m.ko"), isModule: true }, "");
    return found.get(whole)?.replaceAll(`${directory}/`, "");
  };

  test("is the one of that length, the gap behind it included", async () => {
    const long = lengths.same ?? 0;
    expect(await places({ length: long + 8 })).toMatch(/^b\.c:2/);
    expect(await places({ length: 24 })).toMatch(/^a\.c:\d$/);
  });

  test("is told with both places, where nothing tells them apart", async () => {
    expect(await places({ name: "twin", length: lengths.twin ?? 0 })).toMatch(
      /^c\.c:\d or d\.c:\d$/,
    );
  });

  test("is looked up in its own section; a name that stands once in .text is left to the script", async () => {
    expect(await places({ name: "early", length: lengths.early ?? 0 })).toMatch(/^e\.c:\d/);
    expect(await places({ name: "a", length: lengths.a ?? 0 })).toBeUndefined();
    expect(await places({ name: "no_such_function", length: 9 })).toBeUndefined();
  });

  test("the directory of the sources is that of kernel_init()", async () => {
    expect(await sourceDirectory(object("m.ko"), "")).toBe(directory);
  });
});

describe("by what tools tell,", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "frame-places-test-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const row = (address: string, size: number, name: string, section: number | string = 1) =>
    `  7: ${address} ${size} FUNC LOCAL DEFAULT ${section} ${name}`;
  /** Two functions of one name, of 16 and of 100 bytes. */
  const two = [row("1000", 16, "f"), row("2000", 100, "f"), row("3000", 16, "g")];

  /** The place of a frame of `f`, 0x10 in length if it does not say otherwise. */
  async function placeOf(change: Partial<Frame>, objects: PlayedObjects, file = "vmlinux") {
    const frame: Frame = { name: "f", offset: 1, length: 16, exact: false, ...change };
    const prefix = playBinutils(mkdtempSync(join(directory, "tools-")), objects);
    const object = { file, isModule: file !== "vmlinux" };
    return (await placesByAddress([frame], object, prefix)).get(frame);
  }

  test.each([
    ["a call is before the address that it returns to", { offset: 8 }, "1007"],
    ["a processor is at its own", { offset: 8, exact: true }, "1008"],
    ["there is nothing before a function's first address", { offset: 0 }, "1000"],
  ])("%s", async (_what, frame, address) => {
    const objects = { symbols: { vmlinux: two }, places: { [`vmlinux ${address}`]: ["a.c:1"] } };
    expect(await placeOf(frame, objects)).toBe("a.c:1");
  });

  test("the one that fits is taken: not shorter than the offset, not longer than the frame, and the gap below 64", async () => {
    const objects = {
      symbols: { vmlinux: two },
      places: { "vmlinux 1000": ["a.c:1"], "vmlinux 2000": ["b.c:1"] },
    };
    const at = (length: number, offset = 1) => placeOf({ length, offset }, objects);
    expect(await at(16)).toBe("a.c:1");
    expect(await at(79)).toBe("a.c:1");
    expect(await at(100)).toBe("b.c:1");
    // None of them is so long: it may be either.
    expect(await at(80)).toBe("a.c:1 or b.c:1");
    expect(await at(15)).toBe("a.c:1 or b.c:1");
    const behind = { "vmlinux 100f": ["a.c:2"], "vmlinux 200f": ["b.c:2"] };
    const ends = (offset: number) => placeOf({ offset }, { ...objects, places: behind });
    expect(await ends(16)).toBe("a.c:2 or b.c:2");
    expect(await placeOf({ offset: 15, exact: true }, { ...objects, places: behind })).toBe(
      "a.c:2",
    );
  });

  test("what was inlined stands behind, and what the tool does not know is left out", async () => {
    const place = (lines: string[]) =>
      placeOf({}, { symbols: { vmlinux: two }, places: { "vmlinux 1000": lines } });
    expect(await place(["x.h:3 ", "", "??:0", "a.c:9"])).toBe("x.h:3 a.c:9");
    expect(await place(["??:?"])).toBeUndefined();
    expect(await place([])).toBeUndefined();
  });

  test("two that are at one place are told once, and an alias is no second one", async () => {
    const places = { "vmlinux 1000": ["a.c:1"], "vmlinux 2000": ["a.c:1"] };
    expect(await placeOf({ length: 200 }, { symbols: { vmlinux: two }, places })).toBe("a.c:1");
    const alias = [row("1000", 16, "f"), row("1000", 16, "f")];
    expect(await placeOf({}, { symbols: { vmlinux: alias }, places })).toBeUndefined();
  });

  test("data, functions of other names and those that are elsewhere are none", async () => {
    const others = [
      row("1000", 16, "f"),
      row("2000", 16, "f").replace("FUNC", "OBJECT"),
      row("3000", 16, "f", "UND"),
      "   Num:    Value          Size Type    Bind   Vis      Ndx Name",
    ];
    const places = { "vmlinux 1000": ["a.c:1"] };
    expect(await placeOf({}, { symbols: { vmlinux: others }, places })).toBeUndefined();
    expect(await placeOf({ name: "g" }, { symbols: { vmlinux: two }, places })).toBeUndefined();
  });

  test("of several frames each is looked up by its own name", async () => {
    const frames = ["f", "g"].map((name): Frame => ({ name, offset: 1, length: 16, exact: false }));
    const places = { "vmlinux 1000": ["a.c:1"], "vmlinux 3000": ["g.c:1"] };
    const prefix = playBinutils(directory, { symbols: { vmlinux: two }, places });
    const found = await placesByAddress(frames, { file: "vmlinux", isModule: false }, prefix);
    expect([...found.values()]).toEqual(["a.c:1"]);
  });

  test("one in another section of a module is looked up there, where any of its name is", async () => {
    const sections = { "m.ko": ["  [ 1] .text", "  [ 2] .init.text"] };
    const place = (rows: string[]) =>
      placeOf(
        {},
        {
          ...{ sections, symbols: { "m.ko": rows } },
          places: { "m.ko .text 10": ["a.c:1"], "m.ko .init.text 0": ["b.c:1"] },
        },
        "m.ko",
      );
    expect(await place([row("0", 16, "f", 2)])).toBe("b.c:1");
    expect(await place([row("10", 16, "f", 1)])).toBeUndefined();
    expect(await place([row("10", 16, "f", 1), row("0", 99, "f", 2)])).toBe("a.c:1");
    // A section that the module does not name is not looked up elsewhere.
    expect(await place([row("10", 16, "f", 9)])).toBeUndefined();
  });

  test("where the sources were is not told by an image without kernel_init(), or without lines", async () => {
    const of = (objects: PlayedObjects) =>
      sourceDirectory("vmlinux", playBinutils(directory, objects));
    expect(await of({ symbols: { vmlinux: two } })).toBeUndefined();
    const symbols = { vmlinux: [row("3000", 16, "kernel_init")] };
    expect(await of({ symbols })).toBeUndefined();
    expect(await of({ symbols, places: { "vmlinux 3000": ["other.c:1"] } })).toBeUndefined();
    const places = { "vmlinux 3000": ["/src/linux/init/main.c:1476"] };
    expect(await of({ symbols, places })).toBe("/src/linux");
  });
});
