// SPDX-License-Identifier: MIT
//
// What a kernel's first build begins from, where there is another one's.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireLock } from "../work/lock.ts";
import { buildKernel } from "./kernel.ts";
import { moduleTrees } from "./module-trees.ts";
import { PlayedLinux } from "./testing/played-linux.ts";

let linux: PlayedLinux;
beforeEach(() => {
  linux = new PlayedLinux(realpathSync(mkdtempSync(join(tmpdir(), "first-build-test-"))));
});
afterEach(() => rmSync(linux.root, { recursive: true }));

const build = (inputs = linux.inputs()) =>
  linux.task((task) => buildKernel(linux.cache, inputs, task));
const both = "CONFIG_A=y\nCONFIG_B=y\n";
const begunFrom = (tree: string) => `beginning from the build of played in ${tree}`;
const wholeTrees = () =>
  readdirSync(join(linux.cache.root, "trees")).filter((name) =>
    existsSync(join(linux.cache.root, "trees", name, "Module.symvers")),
  );

test("it begins from that of the same tree whose settings are the nearest", async () => {
  const first = await build(linux.inputs(both));
  await build();
  expect(linux.said).toContain(begunFrom(first.tree));
});

test("it begins from none that was cut off", async () => {
  const first = await build(linux.inputs(both));
  rmSync(join(first.artifacts.buildDir, "Module.symvers"));
  await build();
  expect(linux.said.join("\n")).not.toContain("beginning from");
});

test("one that fails is nothing that another one would begin from", async () => {
  const first = await build(linux.inputs(both));
  rmSync(join(linux.directory, "main.c"));
  await expect(build()).rejects.toThrow();
  expect(linux.said).toContain(begunFrom(first.tree));
  expect(wholeTrees()).toEqual([first.tree]);
});

test.each([
  ["on what it begins from", (tree: string) => tree],
  ["on modules that were built against that", (tree: string) => moduleTrees(tree)[0]],
])("it waits for who is at work %s", async (_what, busy) => {
  const first = await build(linux.inputs(both));
  const path = linux.cache.treeLock(busy(first.tree));
  const lock = await acquireLock(path);
  const next = build();
  await expect.poll(() => linux.waited.join("\n"), { timeout: 10_000 }).toContain(path);
  await lock.release();
  await next;
  expect(linux.said).toContain(begunFrom(first.tree));
});

describe("of a copy of another tree", () => {
  const former = new Date(Date.now() - 60_000);
  let copy: PlayedLinux;
  beforeEach(() => {
    copy = new PlayedLinux(join(linux.root, "copy"));
    for (const tree of [linux.directory, copy.directory]) {
      for (const name of readdirSync(tree)) utimesSync(join(tree, name), former, former);
    }
  });

  const buildCopy = (more: object) => {
    const source = copy.source({ origin: "a copy", near: [linux.source()], ...more });
    return build({ ...linux.inputs(), source });
  };

  test("it begins from that tree's", async () => {
    const first = await build();
    const made = await buildCopy({ fixed: ["copy"], ours: true });
    expect(linux.said).toContain(begunFrom(first.tree));
    expect(wholeTrees().sort()).toEqual([first.tree, made.tree].sort());
  });

  test("a person's own keeps the times of its files", async () => {
    const first = await build();
    copy.write("linux/main.c", "edited\n");
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(copy.directory, "main.c"), later, later);
    const { artifacts } = await buildCopy({ fixed: undefined });
    expect(linux.said).toContain(begunFrom(first.tree));
    expect(readFileSync(artifacts.vmlinux, "utf8")).toBe("edited\n");
    expect(statSync(join(copy.directory, "main.c")).mtimeMs).toBe(later.getTime());
  });

  test("a person's own begins from nothing where make would not see what differs", async () => {
    await build();
    copy.write("linux/main.c", "edited\n");
    utimesSync(join(copy.directory, "main.c"), former, former);
    const { artifacts } = await buildCopy({ fixed: undefined });
    expect(linux.said.join("\n")).not.toContain("beginning from");
    expect(readFileSync(artifacts.vmlinux, "utf8")).toBe("edited\n");
  });
});
