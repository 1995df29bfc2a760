// SPDX-License-Identifier: MIT
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import { type Kind, makeResult } from "./cache/product.ts";
import { ifThere } from "./looking.ts";
import { Provisioning } from "./provisioning.ts";

let root: string;
let provisioning: Provisioning;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "looking-test-"));
  const cache = new Cache(join(root, "cache"));
  provisioning = new Provisioning(
    cache,
    new Archive(cache),
    () => {},
    new AbortController().signal,
  );
});
afterEach(() => rmSync(root, { recursive: true }));

test("what is found counts as referred to once all is there", async () => {
  const look = (looking: Provisioning, whole: boolean) => {
    looking.cache.refer("kernel", "k");
    return whole ? Promise.resolve("guest") : looking.task("image-build", "Image", async () => "");
  };
  expect(await ifThere(provisioning, (looking) => look(looking, false))).toBeUndefined();
  expect([...provisioning.cache.referred]).toEqual([]);
  await ifThere(provisioning, (looking) => look(looking, false), { referred: "in any case" });
  expect([...provisioning.cache.referred]).toEqual(["kernel/k"]);
  provisioning.cache.referred.clear();
  expect(await ifThere(provisioning, (looking) => look(looking, true))).toBe("guest");
  expect([...provisioning.cache.referred]).toEqual(["kernel/k"]);
});

test.each([
  ["a task", (looking: Provisioning) => looking.task("x", "X", async () => "made")],
  ["a fetch", (looking: Provisioning) => looking.fetch("x", "X", async () => "made")],
  ["a machine made ready", (looking: Provisioning) => looking.prepareMachine()],
])("%s is nothing that can be looked for, and leaves no trace", async (_what, look) => {
  expect(await ifThere<unknown>(provisioning, look)).toBeUndefined();
  expect(existsSync(join(root, "cache"))).toBe(false);
});

test("any other failure is one", async () => {
  await expect(ifThere(provisioning, () => Promise.reject(new Error("broken")))).rejects.toThrow(
    "broken",
  );
});

test("a result is found or not, and nothing is made ready for it; what lacks is told by what would make it", async () => {
  const kind: Kind<string> = {
    ...{ name: "letters", title: "Write a letter", inputs: (text) => text },
    make: async () => {},
  };
  const never = () => Promise.reject(new Error("made ready"));
  const look = (looking: Provisioning) => looking.result(kind, "a", never);
  const lacks: string[] = [];
  const lacking = (title: string) => lacks.push(title);
  expect(await ifThere(provisioning, look, { lacking })).toBeUndefined();
  expect(lacks).toEqual(["Write a letter"]);
  const made = await provisioning.task("x", "X", (task) =>
    makeResult(provisioning.cache, kind, "a", task),
  );
  expect(await ifThere(provisioning, look, { lacking })).toEqual(made);
  expect(lacks).toHaveLength(1);
});
