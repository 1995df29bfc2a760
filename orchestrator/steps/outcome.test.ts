// SPDX-License-Identifier: MIT
//
// How a command or a test program ended, and what of that has failed the step.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { DeadlineError, GuestError } from "../lab/errors.ts";
import { quoted } from "../lab/shell-line.ts";
import { commandFailure } from "./failure.ts";
import { pauseVm } from "./fault-pause.ts";
import { workFailure } from "./interruption.ts";
import { offeredBy } from "./registry.ts";
import { selftest } from "./selftest.ts";
import { shell } from "./shell.ts";
import type { StepContext } from "./step-kind.ts";
import { strict } from "./strict.ts";
import { playedClock } from "./testing/played-clock.ts";
import { playedGuests, stepOf } from "./testing/played-guests.ts";

describe("a command's failure", () => {
  const printed = { stdout: "", stderr: "" };
  test("is a status that is not 0, or none", () => {
    expect(commandFailure("the command", { status: 0, ...printed })).toBeUndefined();
    expect(commandFailure("the command", { status: 3, ...printed })?.message).toBe(
      "the command ended with status 3: it printed nothing",
    );
    expect(commandFailure("work", { status: undefined, ...printed })?.message).toBe(
      "work was killed: it printed nothing",
    );
    const crashed = { status: undefined, signal: "SIGSEGV", ...printed };
    expect(commandFailure("work", crashed)?.message).toBe(
      "work was killed by SIGSEGV: it printed nothing",
    );
  });

  test("shows the last lines of what it printed, complaints behind the rest", () => {
    const stdout = `${Array.from({ length: 20 }, (_, line) => `line ${line + 1}`).join("\n")}\n`;
    const failure = commandFailure("it", { status: 1, stdout, stderr: "no such device\n\n" });
    expect(failure?.message).toBe("it ended with status 1: no such device");
    expect(failure?.lines).toHaveLength(12);
    expect(failure?.lines[0]).toBe("line 11");
    expect(failure?.lines.slice(-3)).toEqual(["line 20", "", "no such device"]);
  });
});

describe("work under way", () => {
  const work = { status: 1, stdout: "", stderr: "lost", ms: 5 };
  const during = { on: "host", run: "x", ready: "y", "may-fail": false } as const;
  test("that ended badly has failed the step, unless it may", () => {
    expect(workFailure({ work }, { during })?.message).toBe(
      "what was under way ended with status 1: lost",
    );
    expect(workFailure({ work: { ...work, status: 0 } }, { during })).toBeUndefined();
    expect(workFailure({ work }, { during: { ...during, "may-fail": true } })).toBeUndefined();
    expect(workFailure({ work }, {})?.message).toContain("status 1");
    expect(workFailure({}, { during })).toBeUndefined();
  });

  test("is what checks of commands look at", () => {
    const evidence = { id: "p", kind: "pause-vm", data: { pausedMs: 1, work } } as const;
    expect(offeredBy(evidence, "command")).toEqual(work);
    expect(offeredBy(evidence, "link-loss")).toBeUndefined();
    const step = stepOf(pauseVm, {
      vm: "host",
      for: "1s",
      during: { on: "host", run: "x", ready: "y" },
    });
    expect(pauseVm.failure(step, evidence.data)?.message).toContain("what was under way");
  });
});

describe("shell", () => {
  test("runs in the guest that it names, and keeps how that ended", async () => {
    const { context, happened, scripts } = playedGuests({ answers: { "a command": "here\n" } });
    const step = stepOf(shell, { on: "endpoint", run: "echo here" });
    expect(await shell.run(step, context)).toEqual({ status: 0, stdout: "here\n", stderr: "" });
    expect(happened).toEqual(["endpoint: a command of the scenario"]);
    expect([...scripts.values()]).toEqual([strict("echo here")]);
    const titled = stepOf(shell, { on: "host", run: "echo here", title: "say it" });
    expect(shell.commands(titled, {} as never)[0]?.what).toBe("say it");
  });

  test("has failed by another status than 0, unless that may be", () => {
    const failed = { status: 2, stdout: "", stderr: "oops" };
    const step = (fields: object = {}) => stepOf(shell, { on: "host", run: "x", ...fields });
    expect(shell.failure(step(), failed)?.message).toBe("the command ended with status 2: oops");
    expect(shell.failure(step({ "may-fail": true }), failed)).toBeUndefined();
    expect(shell.failure(step(), { ...failed, status: 0 })).toBeUndefined();
    expect(offeredBy({ id: "s", kind: "shell", data: failed }, "command")).toEqual(failed);
  });
});

describe("a test program", () => {
  const ktap = ["KTAP version 1", "1..3", "ok 1 a", "not ok 2 b", "not ok 3 c # SKIP none", ""];

  /** A guest whose program prints these pieces, one after the other, and ends so. */
  function guest(
    pieces: readonly string[],
    end: { status?: number | undefined; signal?: string; error?: unknown } = {},
  ) {
    const ran: { script: string; ms: number }[] = [];
    const said: string[] = [];
    const stop = new AbortController();
    const run = async (
      script: string,
      { ms, onOutput }: { ms: number; onOutput: (text: string) => void },
    ) => {
      ran.push({ script, ms });
      for (const piece of pieces) onOutput(piece);
      if (end.error !== undefined) throw end.error;
      return { status: 0, ...end };
    };
    const lab = { vm: () => ({ ssh: { run } }), signal: stop.signal };
    const context = { lab, limitMs: 33_400, progress: (text: string) => void said.push(text) };
    return { context: context as unknown as StepContext, ran, said, stop };
  }
  const step = (fields: object = {}) =>
    stepOf(selftest, { on: "host", run: "./run 'all'", ...fields });

  test("is read as it prints, told line by line, and killed before the step's own limit", async () => {
    const { context, ran, said } = guest(["KTAP version 1\n1..2\nok 1 a\nnot", " ok 2 b\n\n"]);
    playedClock(7);
    const evidence = await selftest.run(step(), context);
    expect(evidence).toMatchObject({
      ...{ format: "ktap", status: 0, ms: 7 },
      report: {
        tests: [
          { name: "a", ok: true },
          { name: "b", ok: false },
        ],
      },
    });
    expect(said).toEqual(["ok 1 a", "not ok 2 b"]);
    // Three seconds before, so that what it has printed until then is heard.
    expect(ran).toMatchObject([{ ms: 33_400 }]);
    const begin = `exec 2>&1\ntimeout -s KILL 30 bash -c ${quoted(strict("./run 'all'"))}\n`;
    expect(ran[0]?.script.startsWith(begin)).toBe(true);
  });

  test("that was killed, by its own limit or the step's, has no status", async () => {
    const killed = guest(
      ktap.map((line) => `${line}\n`),
      { status: 199 },
    );
    expect(await selftest.run(step(), killed.context)).toMatchObject({ status: undefined });
    const late = guest(["KTAP version 1\n1..2\nok 1 a\n"], { error: new DeadlineError("late") });
    expect(await selftest.run(step(), late.context)).toMatchObject({
      ...{ status: undefined, report: { tests: [{ name: "a", ok: true }] } },
    });
    const crashed = guest([], { status: undefined, signal: "SIGSEGV" });
    expect(await selftest.run(step(), crashed.context)).toMatchObject({ signal: "SIGSEGV" });
    const failed = guest(
      ktap.map((line) => `${line}\n`),
      { status: 1 },
    );
    expect(await selftest.run(step(), failed.context)).toMatchObject({ status: 1 });
  });

  test.each([
    ["its limit", "sleep 100", { status: undefined }],
    ["its limit, in a program of its own", "( sleep 100 )\ntrue", { status: undefined }],
    ["somebody else", "kill -KILL $$", { status: 137 }],
    ["somebody else, in a program of its own", "( kill -KILL $BASHPID )", { status: 137 }],
    ["a crash", "kill -SEGV $$", { status: 139 }],
    ["nobody", "exit 3", { status: 3 }],
  ])("that is ended by %s is told so, by bash and timeout(1)", async (_who, run, ending) => {
    const bash = async (script: string) => {
      const { status, signal } = spawnSync("bash", ["-c", script]);
      return { status: status ?? undefined, ...(signal && { signal }) };
    };
    const { context } = guest([], { status: 0 });
    const lab = { ...context.lab, vm: () => ({ ssh: { run: bash } }) };
    const short = { ...context, lab, limitMs: 1000 } as unknown as StepContext;
    const { status, signal } = await selftest.run(step({ run }), short);
    expect({ status, ...(signal && { signal }) }).toEqual(ending);
  });

  test("is not judged where the guest was lost, or somebody ended the run", async () => {
    const lost = guest([], { error: new GuestError("no connection") });
    await expect(selftest.run(step(), lost.context)).rejects.toThrow("no connection");
    const ended = guest([], { error: new DeadlineError("late") });
    ended.stop.abort();
    await expect(selftest.run(step(), ended.context)).rejects.toThrow("late");
  });

  test("has a second at least, however short the step's limit", async () => {
    const { context, ran } = guest(["KTAP version 1\n1..0\n"]);
    await selftest.run(step(), { ...context, limitMs: 2000 });
    expect(ran[0]?.script).toContain("timeout -s KILL 1 bash");
  });

  test("has failed by a test, by its status, or by having none; a skipped test is no failure", async () => {
    const failure = async (lines: readonly string[], status = 0, fields: object = {}) => {
      const { context } = guest([`${lines.join("\n")}\n`], { status });
      return selftest.failure(step(fields), await selftest.run(step(fields), context));
    };
    expect(await failure(ktap)).toEqual({
      message: "the program ended with status 0, 1 of 3 tests failed",
      lines: ["not ok b"],
    });
    const [version = "", ...passed] = ["KTAP version 1", "1..1", "ok 1 a"];
    expect(await failure([version, ...passed])).toBeUndefined();
    expect(await failure([version, "1..1", "not ok 1 a # SKIP none"])).toBeUndefined();
    expect((await failure([version, ...passed], 4))?.message).toBe(
      "the program ended with status 4, 0 of 1 tests failed",
    );
    expect((await failure([version, ...passed], 199))?.message).toContain("the program was killed");
    expect((await failure([version, "1..0"]))?.message).toContain("0 of 0 tests failed");
    expect(await failure(ktap, 1, { "may-fail": true })).toBeUndefined();
  });

  test("has a name for people: its first word, or what the scenario calls it", () => {
    expect(selftest.title(step({ run: "  ./run\tall" }))).toBe("host: test program ./run");
  });
});
