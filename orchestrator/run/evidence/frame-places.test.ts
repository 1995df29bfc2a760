// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
