// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunningLab } from "../../lab/lab.ts";
import type { ExecOptions } from "../../lab/ssh.ts";
import { EventStream } from "../../report/events.ts";
import { readPlan } from "../read-plan.ts";
import { Bookkeeping } from "./bookkeeping.ts";
import { exercise } from "./exercise.ts";
import { Journal } from "./journal.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "exercise-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const noise = "{ check: console-clean, id: clean, title: clean }";

/** Runs a scenario's steps in guests in which every command ends with this status and these words. */
async function run(steps: string, checks: string, status: number, stdout = "") {
  const file = join(directory, "mine.yaml");
  writeFileSync(
    file,
    `name: mine\ntitle: mine\ninclude: vntb\nsteps: [${steps}]\nchecks: [${checks}]\n`,
  );
  const [plan] = readPlan(file).variants;
  if (!plan) throw new Error("no variant");
  const book = new Bookkeeping(plan, new Journal(new EventStream([], () => {})));
  const command = async (_script: string, { onOutput }: ExecOptions) => {
    onOutput?.(stdout);
    return { status, stdout, stderr: "", ms: 1, command: "" };
  };
  const guest = { ssh: { run: command } };
  const lab = {
    ...{ vm: () => guest, signal: new AbortController().signal },
    consoles: { host: { lines: [] }, endpoint: { lines: [] } },
  } as unknown as RunningLab;
  const counters = { readNow: async () => ({}) };
  await exercise({ lab, timeScale: 1, book, counters });
  return book.evidence.length;
}

describe("a step whose program fails", () => {
  const shell = "{ do: shell, as: look, on: host, run: look }";

  test("has failed where no check judges it, with what was printed", async () => {
    const failed = run(shell, noise, 2, "one\nno such device\n");
    await expect(failed).rejects.toMatchObject({
      exitStatus: 1,
      message:
        "the command ended with status 2: no such device; and no check of the scenario judges that",
    });
    await expect(failed).rejects.toMatchObject({
      excerpts: [{ lines: ["one", "no such device"] }],
    });
  });

  test("is for the check that judges it", async () => {
    const check = "{ check: command, id: c, title: c, of: look, status: 2 }";
    expect(await run(shell, check, 2)).toBe(1);
  });

  test("is not judged by a check that looks at something else of it", async () => {
    const check = "{ check: notifications, id: n, title: n, of: look, by: msi }";
    await expect(run(shell, check, 2)).rejects.toThrow("no check of the scenario judges that");
  });

  test("may, where it says so", async () => {
    const may = "{ do: shell, on: host, run: look, may-fail: true }";
    expect(await run(may, noise, 2)).toBe(1);
  });

  test("has not failed if it ends well", async () => {
    expect(await run(shell, noise, 0)).toBe(1);
  });

  const suite = "{ do: selftest, on: host, run: suite }";
  test.each([
    ["a test that fails", "TAP version 13\n1..1\nnot ok 1 bar\n", "1 of 1 tests failed"],
    ["no test at all", "", "0 of 0 tests failed"],
  ])("is one of tests, too: %s", async (_what, printed, told) => {
    await expect(run(suite, noise, 0, printed)).rejects.toThrow(told);
  });
  test("but not if all tests are good", async () => {
    expect(await run(suite, noise, 0, "TAP version 13\n1..1\nok 1 bar\n")).toBe(1);
  });
});
