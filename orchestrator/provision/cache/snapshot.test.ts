// SPDX-License-Identifier: MIT
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheKey } from "./cache-key.ts";
import { isLeftover, snapshotInput, takeSnapshot, writeSnapshot } from "./snapshot.ts";

let source: string;
let target: string;

beforeEach(() => {
  source = mkdtempSync(join(tmpdir(), "snapshot-test-"));
  target = join(source, ".target");
  mkdirSync(join(source, "sub"));
  writeFileSync(join(source, "a.c"), "a");
  writeFileSync(join(source, "sub/tool"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(source, "a.o"), "object");
});
afterEach(() => rmSync(source, { recursive: true }));

async function key(): Promise<string> {
  return cacheKey(snapshotInput(await takeSnapshot(source)));
}

test("a snapshot holds sources and no leftovers", async () => {
  const paths = (await takeSnapshot(source)).map(({ path }) => path);
  expect(paths).toEqual(["a.c", "sub/tool"]);
});

test("contents, names and the executable bit change the cacheKey; times do not", async () => {
  const before = await key();
  utimesSync(join(source, "a.c"), 1, 1);
  expect(await key()).toBe(before);
  writeFileSync(join(source, "a.c"), "b");
  const after = await key();
  expect(after).not.toBe(before);
  writeFileSync(join(source, "b.c"), "");
  const named = await key();
  expect(named).not.toBe(after);
  chmodSync(join(source, "b.c"), 0o755);
  expect(await key()).not.toBe(named);
});

test("links and what is not asked for are no part of it", async () => {
  symlinkSync("a.c", join(source, "link.c"));
  const paths = (await takeSnapshot(source, (path) => path !== "a.c")).map(({ path }) => path);
  expect(paths).toEqual(["sub/tool"]);
});

test("writing keeps what is right as it is, and removes what is no longer there", async () => {
  await writeSnapshot(await takeSnapshot(source), target);
  utimesSync(join(target, "a.c"), 1, 1);
  writeFileSync(join(target, "gone.c"), "");
  writeFileSync(join(target, "a.o"), "object");
  writeFileSync(join(source, "sub/tool"), "#!/bin/true\n");

  await writeSnapshot(await takeSnapshot(source), target, (path) => !isLeftover(path));

  expect(statSync(join(target, "a.c")).mtimeMs).toBe(1000);
  expect(existsSync(join(target, "gone.c"))).toBe(false);
  expect(existsSync(join(target, "a.o"))).toBe(true);
  expect(readFileSync(join(target, "sub/tool"), "utf8")).toBe("#!/bin/true\n");
  expect(statSync(join(target, "sub/tool")).mode & 0o777).toBe(0o755);
});

test("a file that changes nothing but who may run it is written as it is now", async () => {
  await writeSnapshot(await takeSnapshot(source), target);
  utimesSync(join(target, "a.c"), 1, 1);
  chmodSync(join(source, "a.c"), 0o755);
  chmodSync(join(source, "sub/tool"), 0o644);
  await writeSnapshot(await takeSnapshot(source), target);
  const mode = (path: string) => statSync(join(target, path)).mode & 0o777;
  expect([mode("a.c"), mode("sub/tool")]).toEqual([0o755, 0o644]);
  expect(statSync(join(target, "a.c")).mtimeMs).toBe(1000);
});

test("nothing else stays in a directory that is all ours, but for its directories", async () => {
  for (const path of ["empty", "sub"]) mkdirSync(join(target, path), { recursive: true });
  for (const path of ["gone.o", "sub/gone.c"]) writeFileSync(join(target, path), "");
  await writeSnapshot(await takeSnapshot(source), target);
  expect(readdirSync(target, { recursive: true }).sort()).toEqual([
    ...["a.c", "empty", "sub", join("sub", "tool")],
  ]);
});
