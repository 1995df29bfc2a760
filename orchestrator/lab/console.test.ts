// SPDX-License-Identifier: MIT
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GuestConsole } from "./console.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "console-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("goes on with the VM that takes another's place, and awaits what that one says", async () => {
  const file = join(directory, "console.log");
  const guest = new GuestConsole(file);
  const first = new PassThrough();
  const firstEnd = guest.follow(first);
  first.write("ready\npower fai");
  await guest.waitFor("ready");
  first.destroy();
  await firstEnd;

  const second = new PassThrough();
  const secondEnd = guest.follow(second, "=== again ===");
  let ready = false;
  const waiting = guest.waitFor("ready").then(() => {
    ready = true;
  });
  second.write("booting\n");
  await guest.waitFor("booting");
  expect(ready).toBe(false);
  second.end("ready\n");
  await Promise.all([waiting, secondEnd]);

  const lines = ["ready", "power fai", "=== again ===", "booting", "ready"];
  expect(guest.lines.map((line) => line.text)).toEqual(lines);
  expect(readFileSync(file, "utf8")).toBe(`${lines.join("\n")}\n`);
});
