// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { untilTrue } from "./wait-until.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "wait-until-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a command that is true at once is run once, and prints what it printed", () => {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", untilTrue("echo there # and that")], {
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "there\n", stderr: "" });
});

test("one that is not is run again, and each new word of it is told once", async () => {
  const file = join(directory, "state");
  writeFileSync(file, "down");
  const shell = spawn("sh", ["-c", untilTrue(`cat ${file}; grep -q up ${file}`)]);
  let told = "";
  const first = new Promise<void>((resolve) => {
    shell.stderr.on("data", (text: Buffer) => {
      told += text.toString();
      resolve();
    });
  });
  await first;
  writeFileSync(file, "up");
  const status = await new Promise((resolve) => shell.on("close", resolve));
  expect([status, told]).toEqual([0, "not yet: down\n"]);
});
