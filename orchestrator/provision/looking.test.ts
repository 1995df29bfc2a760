// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import { ifThere } from "./looking.ts";
import { Workshop } from "./workshop.ts";

let root: string;
let workshop: Workshop;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "looking-test-"));
  const cache = new Cache(join(root, "cache"));
  workshop = new Workshop(cache, new Archive(cache), () => {}, new AbortController().signal);
});
afterEach(() => rmSync(root, { recursive: true }));

test("what is found counts as referred to once all is there", async () => {
  const look = (looking: Workshop, whole: boolean) => {
    looking.cache.refer("kernel", "k");
    return whole ? Promise.resolve("guest") : looking.step("image-build", "Image", async () => "");
  };
  expect(await ifThere(workshop, (looking) => look(looking, false))).toBeUndefined();
  expect([...workshop.cache.referred]).toEqual([]);
  await ifThere(workshop, (looking) => look(looking, false), { referred: "in any case" });
  expect([...workshop.cache.referred]).toEqual(["kernel/k"]);
  expect(await ifThere(workshop, (looking) => look(looking, true))).toBe("guest");
});

test.each([
  ["a step", (looking: Workshop) => looking.step("x", "X", async () => "made")],
  ["a fetch", (looking: Workshop) => looking.fetch("x", "X", async () => "made")],
  ["a machine made ready", (looking: Workshop) => looking.prepareMachine()],
])("%s is nothing that can be looked for, and leaves no trace", async (_what, look) => {
  expect(await ifThere<unknown>(workshop, look)).toBeUndefined();
  expect(existsSync(join(root, "cache"))).toBe(false);
});

test("any other failure is one", async () => {
  await expect(ifThere(workshop, () => Promise.reject(new Error("broken")))).rejects.toThrow(
    "broken",
  );
});
