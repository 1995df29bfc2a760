// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { Cache } from "../cache/cache.ts";
import { runTask, type Task } from "../work/task.ts";
import { type Archive, parseUris } from "./apt.ts";
import {
  chooseKernelPackage,
  guestPins,
  kernelPins,
  NEWEST_AGES_MS,
  type PinGroup,
  qemuPins,
  qemuSourcePins,
  readPin,
  readRecord,
  resolvePin,
} from "./pins.ts";

describe("the kernel's package", () => {
  const others = ["linux-source-6.12", "linux-source", "linux-source-7.9", "linux-source-7.10"];

  test("is 7.3 if the archive has it, else the newest 7.x, by number", () => {
    expect(chooseKernelPackage([...others, "linux-source-7.3"])).toBe("linux-source-7.3");
    expect(chooseKernelPackage(others)).toBe("linux-source-7.10");
    expect(chooseKernelPackage(["linux-source-7.0"])).toBe("linux-source-7.0");
  });

  test("is the newest 7.x though there is 7.3, or that of a series, as asked", () => {
    const offered = [...others, "linux-source-7.3", "linux-source-8.1"];
    expect(chooseKernelPackage(offered, "newest")).toBe("linux-source-7.10");
    expect(chooseKernelPackage(offered, "6.12")).toBe("linux-source-6.12");
  });

  test.each([
    ["pinned", "no linux-source-7.x; it has linux-source-6.12"],
    ["newest", "no linux-source-7.x; it has linux-source-6.12"],
    ["6.1", "no linux-source-6.1; it has linux-source-6.12"],
  ])("that is not there (%s) is told with those that are", (series, told) => {
    const choose = () => chooseKernelPackage(["linux-source-6.12", "linux-source-all"], series);
    expect(choose).toThrow(UsageError);
    expect(choose).toThrow(told);
    expect(() => chooseKernelPackage(["linux-source"], series)).toThrow("no kernel source at all");
  });
});

test("apt's list of files is read past its chatter", () => {
  const hash = "0".repeat(64);
  const output = `Reading package lists...
'http://mirror.example/pool/q.dsc' q_10.0+ds-1.dsc 12462 SHA256:${hash}
Need to get 40.2 MB of source archives.
`;
  expect(parseUris(output)).toEqual([{ fileName: "q_10.0+ds-1.dsc", sha256: hash }]);
});

describe("versions", () => {
  let cache: Cache;
  /** What the archive was asked for. */
  let asked: string[];
  beforeEach(() => {
    asked = [];
    cache = new Cache(mkdtempSync(join(tmpdir(), "pins-test-")));
  });
  afterEach(() => rmSync(cache.root, { recursive: true }));

  function inTask<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
    const environment = { signal: new AbortController().signal, progress: () => {} };
    return runTask(environment, { id: "pins", title: "Pins" }, undefined, work);
  }

  const file = (name: string) => ({ fileName: `${name}.deb`, sha256: "0" });
  const pinned = (name: string) => ({ ...file(name), name, version: "1" });
  const source = { ...{ name: "qemu", version: "1" }, files: [file("qemu")] };
  /** An archive that has what it is asked for, but for some. */
  const archive = (gone: readonly string[] = []) =>
    ({
      update: async () => void asked.push("update"),
      packageNames: async (_task: Task, prefix: string) =>
        ["6.12", "7.3", "7.10"].map((series) => `${prefix}${series}`),
      pinPackages: async (_task: Task, names: string[], all: boolean, suite = "") => {
        asked.push([...names, all ? "with all" : "alone", suite].join(" ").trim());
        const found = names.filter((name) => !gone.includes(name)).map(pinned);
        // What it needs comes before it, in the order of names.
        return all ? [{ ...pinned("libaio"), version: "0.3" }, ...found] : found;
      },
      pinSource: async (_task: Task, name: string, version: string) => {
        asked.push(`source of ${name} ${version}`);
        return source;
      },
    }) as unknown as Archive;
  // biome-ignore lint/suspicious/noExplicitAny: groups of any kind
  const resolve = (group: PinGroup<any>, gone: readonly string[] = []) =>
    inTask((task) => resolvePin(cache, archive(gone), group, task));
  const record = () => {
    const [name = ""] = readdirSync(join(cache.root, "pins"));
    return join(cache.root, "pins", name);
  };

  test("that were looked up are written down, and read back", async () => {
    const group = kernelPins("pinned");
    expect(await readPin(cache, group)).toBeUndefined();
    expect(await resolve(group)).toEqual(pinned("linux-source-7.3"));
    expect(asked).toEqual(["update", "linux-source-7.3 alone"]);
    expect(await readPin(cache, group)).toEqual(pinned("linux-source-7.3"));
    expect([...cache.referred]).toEqual([`pins/${readdirSync(join(cache.root, "pins"))[0]}`]);
  });

  test("of another question are another answer", async () => {
    const groups = [
      ...["pinned", "newest", "6.12"].map(kernelPins),
      ...[
        guestPins(["a", "b"]),
        guestPins(["a"]),
        guestPins(["a", "b"], "amd64"),
        guestPins(["a"], "amd64"),
      ],
      ...[qemuSourcePins("1"), qemuSourcePins("2")],
      ...[qemuPins("trixie", "arm64", undefined), qemuPins("trixie", "arm64", "1")],
      ...[qemuPins("trixie", "arm64", "2"), qemuPins("trixie", "x86-64", "1")],
      ...[qemuPins("trixie-backports", "arm64", "1")],
    ];
    for (const group of groups) await resolve(group);
    expect(readdirSync(join(cache.root, "pins"))).toHaveLength(groups.length);
  });

  test("of the newest kernel are asked for again after a while, and those of others are not", async () => {
    const old = new Date(Date.now() - NEWEST_AGES_MS - 60_000);
    for (const [series, there] of [
      ["newest", false],
      ["6.12", true],
    ] as const) {
      await resolve(kernelPins(series));
      expect(await readPin(cache, kernelPins(series))).toBeDefined();
      utimesSync(record(), old, old);
      expect((await readPin(cache, kernelPins(series))) !== undefined).toBe(there);
      rmSync(record());
    }
  });

  test("in another version's words are none; those that cannot be read are an error", async () => {
    const group = kernelPins("pinned");
    await resolve(group);
    writeFileSync(record(), '{"name":"linux-source-7.3"}');
    expect(await readPin(cache, group)).toBeUndefined();
    expect(await readRecord(cache, group)).toBeUndefined();
    const path = record();
    rmSync(path);
    symlinkSync(path, path);
    await expect(readPin(cache, group)).rejects.toThrow("ELOOP");
  });

  test("of the guests' packages are those with all that they need", async () => {
    expect(await resolve(guestPins(["kmod"]))).toMatchObject([{ name: "libaio" }, pinned("kmod")]);
    expect(asked).toEqual(["update", "kmod with all"]);
  });

  test("of QEMU are its packages and their source; where that version is installed, the source alone", async () => {
    const program = "qemu-system-arm";
    expect(await resolve(qemuPins("trixie-backports", "arm64", "0"))).toMatchObject({
      ...{ version: "1", packages: [{ name: "libaio" }, pinned(program)], source },
    });
    expect(asked).toEqual([
      ...["update", `${program} with all trixie-backports`, "source of qemu 1"],
    ]);
    expect(await resolve(qemuPins("trixie", "arm64", "1"))).toMatchObject({ packages: [] });
    expect(await resolve(qemuSourcePins("3"))).toEqual(source);
    expect(asked.at(-1)).toBe("source of qemu 3");
  });

  test("that apt names no file for are an error", async () => {
    const kernel = resolve(kernelPins("6.12"), ["linux-source-6.12"]);
    await expect(kernel).rejects.toThrow("apt names no file for linux-source-6.12");
    const qemu = resolve(qemuPins("trixie", "arm64", undefined), ["qemu-system-arm"]);
    await expect(qemu).rejects.toThrow("apt names no file for qemu-system-arm");
  });
});
