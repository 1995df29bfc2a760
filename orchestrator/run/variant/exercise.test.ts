// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import { ComplaintError, DeadlineError } from "../../lab/errors.ts";
import type { RunningLab, StartedLab } from "../../lab/lab.ts";
import type { CommandResult, ExecOptions } from "../../lab/ssh.ts";
import { countersOf } from "../../lab/testing/counters.ts";
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

interface Played {
  readonly command?: (script: string, options: ExecOptions) => Promise<CommandResult>;
  readonly timeScale?: number;
  readonly signal?: AbortSignal;
  /** Beside what every scenario here has. */
  readonly more?: string;
}

/** Runs a scenario's steps in guests in which every command ends with this status and these words, or as `command` does. */
async function run(
  steps: string,
  checks: string,
  status: number,
  stdout = "",
  { command, timeScale = 1, signal = new AbortController().signal, more = "" }: Played = {},
) {
  const file = join(directory, "mine.yaml");
  writeFileSync(
    file,
    `name: mine\ntitle: mine\ninclude: vntb\nsteps: [${steps}]\nchecks: [${checks}]\n${more}`,
  );
  const [plan] = readPlan(file).variants;
  if (!plan) throw new Error("no variant");
  const hears = { name: "hears", on: (event: RunEvent) => void told.push(event) };
  const book = new Bookkeeping(plan, new Journal(new EventStream([hears], () => {})));
  const ended = async (_script: string, { onOutput }: ExecOptions): Promise<CommandResult> => {
    onOutput?.(stdout);
    return { status, stdout, stderr: "", ms: 1, command: "" };
  };
  const ssh = { run: command ?? ended, check: command ?? ended };
  const lab = {
    ...{ vm: () => ({ ssh }), signal, isOn: (name: string) => name === "host" },
    consoles: { host: { lines: console }, endpoint: { lines: [] } },
  } as unknown as RunningLab & StartedLab;
  book.lab = lab;
  // Each reading finds a message more.
  let msi = 0;
  const counters = { readNow: async () => ({ link: countersOf({ msi: msi++ }) }) };
  await exercise({ lab, timeScale, book, counters });
  return book.evidence;
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
    expect(await run(shell, check, 2)).toHaveLength(1);
  });

  test("is not judged by a check that looks at something else of it", async () => {
    const check = "{ check: notifications, id: n, title: n, of: look, by: msi }";
    await expect(run(shell, check, 2)).rejects.toThrow("no check of the scenario judges that");
  });

  test("is not judged by a check of how another step ended", async () => {
    const other = "{ do: shell, as: other, on: host, run: look }";
    const check = "{ check: command, id: c, title: c, of: other, status: 2 }";
    await expect(run(`${shell}, ${other}`, check, 2)).rejects.toThrow("no check of the scenario");
  });

  test("may, where it says so", async () => {
    const may = "{ do: shell, on: host, run: look, may-fail: true }";
    expect(await run(may, noise, 2)).toHaveLength(1);
  });

  test("has not failed if it ends well", async () => {
    expect(await run(shell, noise, 0)).toHaveLength(1);
  });

  const suite = "{ do: selftest, on: host, run: suite }";
  test.each([
    ["a test that fails", "TAP version 13\n1..1\nnot ok 1 bar\n", "1 of 1 tests failed"],
    ["no test at all", "", "0 of 0 tests failed"],
  ])("is one of tests, too: %s", async (_what, printed, told) => {
    const failed = run(suite, noise, 0, printed);
    await expect(failed).rejects.toThrow(told);
    // What there is to be shown, and no empty lines.
    await expect(failed).rejects.toMatchObject({
      excerpts: printed === "" ? [] : [{ lines: ["not ok bar"] }],
    });
  });
  test("but not if all tests are good", async () => {
    expect(await run(suite, noise, 0, "TAP version 13\n1..1\nok 1 bar\n")).toHaveLength(1);
  });
});

describe("a step that waits in vain", () => {
  const shell = "{ do: shell, on: host, run: look }";

  test("shows what both kernels said since it began", async () => {
    console.push({ at: performance.now() - 1, text: "long before" });
    const failed = run(shell, noise, 0, "", {
      command: async () => {
        console.push({ at: performance.now(), text: "[  9.1] link down" });
        throw new DeadlineError("no carrier", [{ title: "printed", lines: ["waiting"] }]);
      },
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
      const failed = run(shell, noise, 0, "", {
        command: async () => {
          console.push({ at: performance.now(), text: "[  9.1] link down" });
          throw error;
        },
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

test("what a step found is kept with its round, and with what the controllers counted meanwhile", async () => {
  const rounds = "{ do: rounds, times: 2, steps: [{ do: shell, as: look, on: host, run: x }] }";
  const evidence = await run(rounds, noise, 0, "seen");
  expect(evidence).toMatchObject(
    [1, 2].map((round) => ({
      ...{ id: "look", kind: "shell", round, data: { stdout: "seen" } },
      controllers: { link: { msi: 1 } },
    })),
  );
  const [alone] = await run("{ do: shell, on: host, run: x }", noise, 0);
  expect(alone).not.toHaveProperty("round");
});

test("limits go by the machine; a step that forgets its own is ended ten seconds behind it", async () => {
  const limits: number[] = [];
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const never = async (_script: string, { ms }: ExecOptions): Promise<CommandResult> => {
    limits.push(ms);
    return new Promise(() => {});
  };
  let ended: unknown;
  const shell = "{ do: shell, on: host, run: look }";
  void run(shell, noise, 0, "", { command: never, timeScale: 2 }).catch((error: unknown) => {
    ended = error;
  });
  await vi.advanceTimersByTimeAsync(69_999);
  expect(ended).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(ended).toBeInstanceOf(DeadlineError);
  expect(ended).toMatchObject({ message: 'waited 70 s for the step "host: look"' });
  expect(limits).toEqual([60_000]);
});

test("no step begins once the run is to end", async () => {
  const command = vi.fn();
  const reason = new Error("interrupted");
  const shell = "{ do: shell, on: host, run: look }";
  const failed = run(shell, noise, 0, "", { command, signal: AbortSignal.abort(reason) });
  await expect(failed).rejects.toBe(reason);
  expect(command).not.toHaveBeenCalled();
});

test("where noise is known of some steps alone, kernels of the machines that are on are told which step begins", async () => {
  const steps = ["one", "two"].map((as) => `{ do: shell, as: ${as}, on: host, run: "${as}" }`);
  const asked = async (more: string) => {
    const commands: string[] = [];
    const command = async (script: string): Promise<CommandResult> => {
      commands.push(script.split("\n").at(-1) ?? "");
      return { status: 0, stdout: "", stderr: "", ms: 1, command: "" };
    };
    await run(steps.join(", "), noise, 0, "", { command, more });
    return commands;
  };
  const known = "known-noise: [{ pattern: x, reason: x, during: [two] }]\n";
  expect(await asked(known)).toEqual([
    ...["echo '<14>ntb-edma-lab: the step one begins' > /dev/kmsg", "one"],
    ...["echo '<14>ntb-edma-lab: the step two begins' > /dev/kmsg", "two"],
  ]);
  expect(await asked("")).toEqual(["one", "two"]);
});
