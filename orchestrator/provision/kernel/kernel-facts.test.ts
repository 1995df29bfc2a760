// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import { Cache } from "../cache/cache.ts";
import { findResult, makeResult } from "../cache/product.ts";
import { runTask } from "../work/task.ts";
import type { BuiltKernel } from "./kernel.ts";
import { kernelFactsKind, kernelFactsOf, lookAtTree, seenNow } from "./kernel-facts.ts";
import { kernelFeatures } from "./kernel-features.ts";

let root: string;
let tree: string;
let cache: Cache;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kernel-facts-test-"));
  tree = join(root, "linux");
  cache = new Cache(join(root, "cache"));
  write("Makefile", "VERSION = 7\n");
  write("include/linux/pci-epf.h", "unsigned int num_submap;\n");
  write("tools/testing/selftests/ntb/ntb_test.sh", "#!/bin/bash\n");
  write("scripts/decode_stacktrace.sh", "echo decoded\n");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function kernel({ live = false } = {}): BuiltKernel {
  const inputs = { source: { directory: tree, fixed: live ? undefined : ["pin"] } };
  return { key: "k", inputs } as unknown as BuiltKernel;
}

async function facts(of: BuiltKernel) {
  const inputs = { kernel: of, seen: await seenNow(of) };
  const environment = { signal: new AbortController().signal, progress: () => {} };
  const result = await runTask(environment, { id: "facts", title: "" }, undefined, (task) =>
    makeResult(cache, kernelFactsKind, inputs, task),
  );
  return kernelFactsOf(result);
}

test("what the source tells is known when the source has gone", async () => {
  const known = await facts(kernel());
  rmSync(tree, { recursive: true });
  expect(await facts(kernel())).toEqual(known);
  expect(known).toMatchObject({
    ...{ source: tree, features: ["bar-subranges"], tests: ["ntb/ntb_test.sh"] },
    decodeScript: expect.stringContaining("kernel-facts"),
  });
  expect(known).not.toHaveProperty("ownTransport");
  expect(readFileSync(known.decodeScript ?? "", "utf8")).toBe("echo decoded\n");
});

describe("what cannot be looked up is an error, and nothing is kept", () => {
  test.each([
    ["there is no tree", () => rmSync(tree, { recursive: true })],
    ["there is half of one", () => rmSync(join(tree, "Makefile"))],
  ])("%s", async (_, damage) => {
    damage();
    await expect(lookAtTree({ directory: tree })).rejects.toThrow(InfrastructureError);
    await expect(facts(kernel())).rejects.toThrow("cannot be looked up");
    const inputs = { kernel: kernel(), seen: undefined };
    expect(await findResult(cache, kernelFactsKind, inputs)).toBeUndefined();
  });

  test("a file cannot be read", async () => {
    rmSync(join(tree, "include/linux/pci-epf.h"));
    mkdirSync(join(tree, "include/linux/pci-epf.h"));
    await expect(lookAtTree({ directory: tree })).rejects.toThrow("EISDIR");
  });
});

test("a live tree is looked at each time", async () => {
  expect((await facts(kernel({ live: true }))).features).toEqual(["bar-subranges"]);
  write("include/linux/pci-epf.h", "int barno;\n");
  write("drivers/ntb/ntb_transport.c", "static bool use_remote_edma;\n");
  expect(await facts(kernel({ live: true }))).toMatchObject({
    ...{ features: [], ownTransport: "drivers/ntb/ntb_transport.c" },
  });
  write("scripts/decode_stacktrace.sh", "echo decoded anew\n");
  const { decodeScript } = await facts(kernel({ live: true }));
  expect(readFileSync(decodeScript ?? "", "utf8")).toBe("echo decoded anew\n");
});

test("what one kernel's tree tells is not taken for another's", async () => {
  expect((await facts(kernel())).features).toEqual(["bar-subranges"]);
  write("include/linux/pci-epf.h", "int barno;\n");
  expect((await facts(kernel())).features).toEqual(["bar-subranges"]);
  expect((await facts({ ...kernel(), key: "other" })).features).toEqual([]);
});

test("a new question is asked of trees that have been looked at, too", async () => {
  const questions = kernelFeatures as Record<string, (typeof kernelFeatures)[string]>;
  onTestFinished(() => void delete questions.asked);
  const answers = async () => (await facts(kernel())).features.includes("asked");
  expect(await answers()).toBe(false);
  questions.asked = { file: "Makefile", pattern: /SUBLEVEL/, absence: "" };
  expect(await answers()).toBe(false);
  questions.asked = { ...questions.asked, pattern: /VERSION/ };
  expect(await answers()).toBe(true);
  questions.asked = { ...questions.asked, file: "scripts/decode_stacktrace.sh" };
  expect(await answers()).toBe(false);
});

test("a tree without the script for stack traces is one without, and no error", async () => {
  rmSync(join(tree, "scripts"), { recursive: true });
  expect((await facts(kernel())).decodeScript).toBeUndefined();
});
