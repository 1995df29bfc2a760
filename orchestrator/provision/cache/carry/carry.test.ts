// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsageError } from "../../../errors.ts";
import { runTask, type Task } from "../../work/task.ts";
import { Cache } from "../cache.ts";
import { exportCache } from "./export.ts";
import { type Imported, importCache } from "./import.ts";
import { MANIFEST } from "./manifest.ts";

const ALLOWED = { kinds: ["kernel", "image"], records: ["pins"] };

let top: string;
let here: Cache;
let there: Cache;
let file: string;

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), "carry-test-"));
  here = new Cache(join(top, "here"));
  there = new Cache(join(top, "elsewhere/deeper"));
  file = join(top, "lab.tar.zst");
  await inStep((task) =>
    here.produce("kernel", "k1", task, async (into) => {
      mkdirSync(join(into, "lib/modules"), { recursive: true });
      writeFileSync(join(into, "lib/modules/ntb.ko"), Buffer.alloc(100_000, 7));
      writeFileSync(join(into, "tool"), "#!/bin/sh\n");
      chmodSync(join(into, "tool"), 0o755);
      symlinkSync("lib/modules/ntb.ko", join(into, "link"));
    }),
  );
  await inStep((task) =>
    here.produce("image", "i1", task, async (into) => writeFileSync(join(into, "initrd"), "i")),
  );
});
afterEach(() => rmSync(top, { recursive: true }));

function inStep<T>(body: (task: Task) => Promise<T>, signal = new AbortController().signal) {
  const environment = { signal, progress: () => {} };
  return runTask(environment, { id: "test", title: "Test" }, undefined, body);
}

function write(entries = ["kernel/k1", "image/i1"]): Promise<number> {
  const request = { entries, records: { "pins/kernel.json": "7.3" }, lab: "revision" };
  return exportCache(here, request, file, new AbortController().signal);
}

function take(signal?: AbortSignal): Promise<Imported> {
  return inStep((task) => importCache(there, file, ALLOWED, task), signal);
}

/** What a cache holds beside locks and users. */
function contents(cache: Cache): string[] {
  if (!existsSync(cache.root)) return [];
  return readdirSync(cache.root, { recursive: true, encoding: "utf8" })
    .filter((path) => !/^(locks|users)(\/|$)/.test(path))
    .sort();
}

/** The archive as another program would change it: unpacked, changed, and packed with its manifest first. */
function rewrite(change: (directory: string) => void): void {
  const work = join(top, "rewrite");
  mkdirSync(work);
  execFileSync("tar", ["-x", "-C", work], { input: zstdDecompressSync(readFileSync(file)) });
  change(work);
  const names = readdirSync(work).filter((name) => name !== MANIFEST);
  const tar = execFileSync("tar", ["-c", "-C", work, MANIFEST, ...names]);
  writeFileSync(file, zstdCompressSync(tar));
}

function rewriteManifest(change: (manifest: Record<string, unknown>) => void): void {
  rewrite((directory) => {
    const path = join(directory, MANIFEST);
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
  });
}

test("what one cache has another one finds, below another path", async () => {
  const bytes = await write();
  expect(bytes).toBe(statSync(file).size);
  const { added, replaced, carried } = await take();
  expect({ added, replaced, lab: carried.lab }).toEqual({
    ...{ added: 2, replaced: [], lab: "revision" },
  });
  const kernel = (await there.find("kernel", "k1")) ?? "";
  expect(readFileSync(join(kernel, "lib/modules/ntb.ko"))).toEqual(Buffer.alloc(100_000, 7));
  expect(statSync(join(kernel, "tool")).mode & 0o100).toBe(0o100);
  expect(readlinkSync(join(kernel, "link"))).toBe("lib/modules/ntb.ko");
  expect(await there.find("image", "i1")).toBeDefined();
  expect(readFileSync(join(there.root, "pins/kernel.json"), "utf8")).toBe("7.3");
  expect(contents(there).filter((path) => path.startsWith("imports"))).toEqual([]);
});

test("what is there stays, and records are replaced", async () => {
  await write();
  await inStep((task) =>
    there.produce("image", "i1", task, async (into) => writeFileSync(join(into, "initrd"), "own")),
  );
  mkdirSync(join(there.root, "pins"));
  writeFileSync(join(there.root, "pins/kernel.json"), "7.2");
  const { added, replaced } = await take();
  expect({ added, replaced }).toEqual({ added: 1, replaced: ["pins/kernel.json"] });
  expect(readFileSync(join(there.root, "image/i1/initrd"), "utf8")).toBe("own");
  expect(readFileSync(join(there.root, "pins/kernel.json"), "utf8")).toBe("7.3");
});

test("a result that is there in part is made whole", async () => {
  await write();
  await take();
  rmSync(join(there.root, "kernel/k1/tool"));
  expect(await there.find("kernel", "k1")).toBeUndefined();
  expect((await take()).added).toBe(1);
  expect(await there.find("kernel", "k1")).toBeDefined();
});

describe("nothing is taken from a file that", () => {
  async function refused(what: RegExp): Promise<void> {
    const error = await take().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(what);
    expect((error as Error).message).toContain(file);
    expect(contents(there)).toEqual([]);
  }

  test("is not there", () => refused(/cannot be read/));

  test("is no zstd", async () => {
    writeFileSync(file, "a bundle, or a letter");
    await refused(/expected what build --export writes/);
  });

  test("is empty", async () => {
    writeFileSync(file, "");
    await refused(/carries no cache/);
  });

  test("holds another archive", async () => {
    const tar = execFileSync("tar", ["-c", "-C", top, "here/kernel"]);
    writeFileSync(file, zstdCompressSync(tar));
    await refused(/carries no cache/);
  });

  test("ends too early", async () => {
    await write();
    truncateSync(file, statSync(file).size - 100);
    await refused(/is damaged/);
  });

  test("has a wrong byte in it", async () => {
    await write();
    const data = readFileSync(file);
    const at = data.length - 60;
    data[at] = (data[at] ?? 0) ^ 0x10;
    writeFileSync(file, data);
    await refused(/is damaged/);
  });

  test("is for another architecture", async () => {
    await write();
    rewriteManifest((manifest) => {
      manifest.architecture = "riscv64";
    });
    await refused(new RegExp(`expected ${process.arch}, it is for riscv64`));
  });

  test("says nothing of itself that can be read", async () => {
    await write();
    rewrite((directory) => writeFileSync(join(directory, MANIFEST), "no JSON"));
    await refused(/damaged: its manifest\.json is no JSON/);
  });

  test("comes from a later version", async () => {
    await write();
    rewriteManifest((manifest) => {
      manifest.schema = 2;
    });
    await refused(/schema/);
  });

  test("holds results of an unknown kind", async () => {
    await write();
    rewriteManifest((manifest) => {
      manifest.entries = [{ kind: "bin", key: "k", files: [] }];
    });
    await refused(/does not know: bin/);
  });

  test.each(["../outside", "/etc/outside", "kernel/../../outside", "."])(
    "names the record %s",
    async (path) => {
      await write();
      rewriteManifest((manifest) => {
        manifest.records = { [path]: "x" };
      });
      await refused(/carries/);
    },
  );

  test.each(["..", "a/b", ""])("names the result %s", async (key) => {
    await write();
    rewriteManifest((manifest) => {
      manifest.entries = [{ kind: "kernel", key, files: [] }];
    });
    await refused(/entries\.0\.key/);
  });

  test.each([
    ["changed", (at: string) => writeFileSync(join(at, "tool"), "#!/bin/sh "), /tool is not what/],
    ["absent", (at: string) => rmSync(join(at, "tool")), /tool is not there/],
    ["unknown", (at: string) => writeFileSync(join(at, "more"), ""), /more does not belong/],
    ["not executable", (at: string) => chmodSync(join(at, "tool"), 0o644), /tool is not what/],
    [
      "a link elsewhere",
      (at: string) => {
        rmSync(join(at, "link"));
        symlinkSync("tool", join(at, "link"));
      },
      /link is not what/,
    ],
    [
      "a link, where a file was",
      (at: string) => {
        rmSync(join(at, "tool"));
        symlinkSync("/bin/sh", join(at, "tool"));
      },
      /tool is not what/,
    ],
  ])("has a file that is %s", async (_what, change, message) => {
    await write();
    rewrite((directory) => change(join(directory, "kernel/k1")));
    await refused(message);
  });

  test("lacks a result", async () => {
    await write();
    rewrite((directory) => rmSync(join(directory, "image"), { recursive: true }));
    await refused(/image\/i1: it is not there/);
  });
});

test("an import that is killed leaves nothing that is found, and the next one takes its rubbish away", async () => {
  await write();
  const rubbish = join(there.root, "imports/unpacked-of-a-killed-one/kernel/k1");
  mkdirSync(rubbish, { recursive: true });
  expect(await there.find("kernel", "k1")).toBeUndefined();
  await take();
  expect(existsSync(join(there.root, "imports"))).toBe(false);
});

test("an import that is interrupted takes nothing", async () => {
  await write();
  const stop = new AbortController();
  const importing = inStep(async (task) => {
    stop.abort(new Error("interrupted"));
    return importCache(there, file, ALLOWED, task);
  }, stop.signal);
  await expect(importing).rejects.toThrow("interrupted");
  expect(contents(there)).toEqual([]);
});
