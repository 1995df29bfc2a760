// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import { ComplaintError, DeadlineError } from "../../lab/errors.ts";
import type { RunningLab } from "../../lab/lab.ts";
import type { CommandResult, ExecOptions } from "../../lab/ssh.ts";
import { EventStream, type RunEvent } from "../../report/events.ts";
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

/** What the host's console has, and what a person is told meanwhile. */
let console: { at: number; text: string }[];
let told: RunEvent[];
beforeEach(() => {
  console = [];
  told = [];
});

/** Runs a scenario's steps in guests in which every command ends with this status and these words, or as `command` does. */
async function run(
  steps: string,
  checks: string,
  status: number,
  stdout = "",
  command = async (_script: string, { onOutput }: ExecOptions): Promise<CommandResult> => {
    onOutput?.(stdout);
    return { status, stdout, stderr: "", ms: 1, command: "" };
  },
) {
  const file = join(directory, "mine.yaml");
  writeFileSync(
    file,
    `name: mine\ntitle: mine\ninclude: vntb\nsteps: [${steps}]\nchecks: [${checks}]\n`,
  );
  const [plan] = readPlan(file).variants;
  if (!plan) throw new Error("no variant");
  const hears = { name: "hears", on: (event: RunEvent) => void told.push(event) };
  const book = new Bookkeeping(plan, new Journal(new EventStream([hears], () => {})));
  const guest = { ssh: { run: command } };
  const lab = {
    ...{ vm: () => guest, signal: new AbortController().signal },
    consoles: { host: { lines: console }, endpoint: { lines: [] } },
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

describe("a step that waits in vain", () => {
  const shell = "{ do: shell, on: host, run: look }";

  test("shows what both kernels said since it began", async () => {
    console.push({ at: performance.now() - 1, text: "long before" });
    const failed = run(shell, noise, 0, "", async () => {
      console.push({ at: performance.now(), text: "[  9.1] link down" });
      throw new DeadlineError("no carrier", [{ title: "printed", lines: ["waiting"] }]);
    });
    await expect(failed).rejects.toMatchObject({
      excerpts: [
        { title: "printed", lines: ["waiting"] },
        { lines: [expect.stringMatching(/^ +[\d.]+ host {5}\[ {2}9\.1\] link down$/)] },
      ],
    });
  });

  test("of a kernel's complaint, or of what is no guest's, that comes later", async () => {
    const complaint = { role: "host", kind: "WARN", trace: [], lines: [], at: 0 };
    for (const error of [
      new ComplaintError("host VM: WARN", [], complaint),
      new InfrastructureError("QEMU ended"),
    ]) {
      const failed = run(shell, noise, 0, "", async () => {
        console.push({ at: performance.now(), text: "[  9.1] link down" });
        throw error;
      });
      await expect(failed).rejects.toBe(error);
      expect("excerpts" in error ? error.excerpts : []).toEqual([]);
    }
  });
});

test("what a step is at is told with its name", async () => {
  const suite = "{ do: selftest, as: mine, on: host, run: suite }";
  await run(suite, noise, 0, "TAP version 13\n1..1\nok 1 bar\n");
  expect(told).toContainEqual({ type: "step-progress", id: "mine", text: "ok 1 bar" });
});
