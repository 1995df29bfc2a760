// SPDX-License-Identifier: MIT
import { getEventListeners } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../../errors.ts";
import type { ProvisionEvent } from "./events.ts";
import { acquireLock, tryLock } from "./lock.ts";
import { runTask, type Task } from "./task.ts";

// These start processes and wait for what they do; a busy machine takes seconds for that.
vi.setConfig({ testTimeout: 60_000, expect: { poll: { timeout: 30_000 } } });

let directory: string;
let events: ProvisionEvent[];
let abort: AbortController;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "task-test-"));
  events = [];
  abort = new AbortController();
});
afterEach(() => rmSync(directory, { recursive: true }));

function inStep<T>(body: (task: Task) => Promise<T>): Promise<T> {
  const environment = {
    signal: abort.signal,
    progress: (event: ProvisionEvent) => events.push(event),
  };
  return runTask(environment, { id: "build", title: "Build it" }, join(directory, "log"), body);
}

/** A process that has ended but that nobody has waited for counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("what a program prints arrives line by line and in the log", async () => {
  await inStep((task) => task.run("printf", ["one\\ntwo\\n"]));
  const lines = events.flatMap((event) => (event.type === "task-output" ? [event.line] : []));
  expect(lines).toEqual(["one", "two"]);
  expect(readFileSync(join(directory, "log"), "utf8")).toBe("$ printf one\\ntwo\\n\none\ntwo\n");
  expect(events.at(-1)).toMatchObject({ type: "task-finished", cached: false });
});

test("a program speaks English, whatever the person has set", async () => {
  vi.stubEnv("LC_ALL", "de_DE.UTF-8");
  vi.stubEnv("LANGUAGE", "de");
  onTestFinished(() => void vi.unstubAllEnvs());
  const said = await inStep((task) => task.query("sh", ["-c", "printenv LC_ALL LANGUAGE || :"]));
  expect(said).toBe("C.UTF-8");
});

test("a failing program ends in an error with the end of its log and where the whole lies", async () => {
  const failing = inStep((task) => task.run("sh", ["-c", "seq 100; echo broken >&2; exit 3"]));
  const error = await failing.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InfrastructureError);
  expect(error).toMatchObject({
    message: "Build it: sh ended with status 3",
    logPath: join(directory, "log"),
    exitStatus: 125,
  });
  const { tail } = error as InfrastructureError;
  expect(tail).toHaveLength(30);
  expect(tail).toContain("broken");
  expect(readFileSync(join(directory, "log"), "utf8")).toContain("\n1\n2\n3\n");
});

test("a program that is not there is named", async () => {
  const failing = inStep((task) => task.run("no-such-program-here", []));
  await expect(failing).rejects.toThrow("no-such-program-here is not installed");
});

test("what a person must put right stays a usage error", async () => {
  const failing = inStep(async () => {
    throw new UsageError("install it");
  });
  await expect(failing).rejects.toBeInstanceOf(UsageError);
});

test("abort ends the program and all it started, and the task ends with the reason", async () => {
  const reason = new Error("interrupted");
  let grandchild = 0;
  const running = inStep(async (task) => {
    const finished = task.run("sh", ["-c", "sleep 1000 & echo $!; wait"]);
    const output = () => events.find((event) => event.type === "task-output");
    await expect.poll(output).toBeDefined();
    const event = output();
    grandchild = event?.type === "task-output" ? Number(event.line) : 0;
    expect(isAlive(grandchild)).toBe(true);
    abort.abort(reason);
    await finished;
  });
  await expect(running).rejects.toBe(reason);
  await expect.poll(() => isAlive(grandchild)).toBe(false);
});

test("a query that fails is one error, which its task has", async () => {
  const failing = inStep((task) => task.query("sh", ["-c", "echo half; echo hm >&2; exit 3"]));
  await expect(failing).rejects.toThrow("sh ended with status 3");
});

test("query returns standard output; complaints are the task's output", async () => {
  const printed = await inStep((task) => task.query("sh", ["-c", "echo answer; echo hm >&2"]));
  expect(printed).toBe("answer");
  const lines = events.flatMap((event) => (event.type === "task-output" ? [event.line] : []));
  expect(lines).toEqual(["hm"]);
});

test("a program runs where and with what it is to, and who asked takes its lines as well", async () => {
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  const options = { cwd: "/proc", env: { LAB_TASK: "x" }, onLine };
  await inStep((task) => task.run("sh", ["-c", "pwd; echo $LAB_TASK"], options));
  expect(lines).toEqual(["/proc", "x"]);
});

test.each([
  ["is killed", ["sh", "-c", "kill -KILL $$"], "sh was ended by SIGKILL"],
  ["cannot be started", ["/proc/self/mem"], "EACCES"],
])("a program that %s is told with that", async (_what, [file = "", ...args], told) => {
  await expect(inStep((task) => task.run(file, args))).rejects.toThrow(told);
});

test("what has failed is told by an event with the end of the log, and an error of our own stays as it is", async () => {
  const error = new InfrastructureError("no mirror", { tail: ["its own"] });
  const failing = inStep(async (task) => {
    task.say("asking");
    throw error;
  });
  await expect(failing).rejects.toBe(error);
  expect(events.at(-1)).toMatchObject({
    ...{ type: "task-failed", message: "no mirror", tail: ["asking"] },
    ...{ task: { id: "build" }, logPath: join(directory, "log") },
  });
  // Without a log there is no path of one to be told, and what was thrown need not be an error.
  const environment = { signal: abort.signal, progress: () => {} };
  const thrown = runTask(environment, { id: "x", title: "X" }, undefined, async (task) => {
    task.say("asking");
    task.waiting("another run");
    await task.run("true", []);
    throw "a word";
  });
  await expect(thrown).rejects.toThrow("X: a word");
  await expect(thrown).rejects.toMatchObject({ logPath: undefined });
});

test.each([
  [[], false],
  [["found"], true],
  [["found", "worked"], false],
  [["worked"], false],
])("a task in which things were %j was spared: %s", async (marks: string[], cached) => {
  await inStep(async (task) => {
    if (marks.includes("found")) task.markFound();
    if (marks.includes("worked")) task.markWorked();
  });
  expect(events.at(-1)).toMatchObject({ type: "task-finished", cached });
});

test("what a task waits for is told and logged", async () => {
  await inStep(async (task) => task.waiting("another run"));
  expect(events[1]).toMatchObject({ type: "task-waiting", reason: "another run" });
  expect(readFileSync(join(directory, "log"), "utf8")).toBe("waiting: another run\n");
});

test("after an abort nothing is begun, neither a task nor a program of one", async () => {
  const reason = new Error("interrupted");
  const running = inStep(async (task) => {
    abort.abort(reason);
    await task.run("touch", [join(directory, "made")]);
  });
  await expect(running).rejects.toBe(reason);
  let begun = false;
  const next = inStep(async () => {
    begun = true;
  });
  await expect(next).rejects.toBe(reason);
  expect(begun).toBe(false);
  expect(readdirSync(directory)).toEqual(["log"]);
});

test("nobody waits for an abort any more once a program has ended", async () => {
  await inStep((task) => task.run("true", []));
  expect(getEventListeners(abort.signal, "abort")).toEqual([]);
});

test("a lock is held by the programs that a task runs under it, and given up with it", async () => {
  const path = join(directory, "lock");
  await inStep(async (task) => {
    const failing = task.holding(await acquireLock(path), async () => {
      await task.run("sh", ["-c", "[ -e /proc/self/fd/3 ]"]);
      throw new Error("no more");
    });
    await expect(failing).rejects.toThrow("no more");
    const again = await tryLock(path);
    expect(again).toBeDefined();
    await again?.release();
    await task.run("sh", ["-c", "[ ! -e /proc/self/fd/3 ]"]);
  });
});

test("a task has taken no longer than there has been to take, whatever came of it", async () => {
  await inStep(async () => {});
  await inStep(() => Promise.reject(new Error("no more"))).catch(() => {});
  const took = events.flatMap((event) => ("durationMs" in event ? [event.durationMs] : []));
  expect(took).toHaveLength(2);
  for (const ms of took) expect(ms).toBeLessThan(performance.now());
});
