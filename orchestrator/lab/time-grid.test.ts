// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { onTimeGrid, timeGridMs } from "./time-grid.ts";

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "time-grid-")), "wait");
  writeFileSync(file, "");
});
afterEach(() => rmSync(join(file, ".."), { recursive: true }));

/** What a shell makes of it, with the module's file elsewhere. */
function run(command: string, hasInput: boolean, input: string): string {
  const script = onTimeGrid(command, hasInput).replaceAll("/sys/kernel/debug/time_grid/wait", file);
  return execFileSync("sh", ["-c", script], { input }).toString();
}

test("a command begins when the grid lets it", () => {
  expect(run(`cat ${file}`, false, "")).toBe(`${timeGridMs}\n`);
});

test("one without input has seen its end before; one with input gets it whole", () => {
  expect(run("cat", false, "late")).toBe("");
  expect(run("cat", true, "what it reads")).toBe("what it reads");
  expect(readFileSync(file, "utf8")).toBe(`${timeGridMs}\n`);
});

test("the command's own end is its end, also in the middle", () => {
  expect(() => run("exit 3\necho never", false, "")).toThrow(
    expect.objectContaining({ status: 3 }),
  );
});
