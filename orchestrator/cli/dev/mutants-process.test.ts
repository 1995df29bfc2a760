// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { PoolOptions, WorkerRequest } from "vitest/node";
import { freshVariable } from "./mutants.ts";
import { KeptWorker } from "./mutants-process.ts";
import { spoiled } from "./mutants-spoiled.ts";

/** A worker whose process says what it was sent, and which process it is. */
function worker(distPath: string) {
  const made = new KeptWorker({ distPath, env: {}, execArgv: [] } as unknown as PoolOptions);
  const ask = (message: object) => {
    const answer = new Promise<unknown>((resolve) => {
      const listener = (heard: unknown) => {
        made.off("message", listener);
        resolve(heard);
      };
      made.on("message", listener);
    });
    made.send(message as WorkerRequest);
    return answer as Promise<{ pid: number; type: string; message: { context: object } }>;
  };
  return { made, ask };
}

// The next test begins without the spare process of this one.
afterEach(async () => {
  vi.stubEnv(freshVariable, "1");
  const { made } = worker(echoing());
  await made.start();
  await made.stop();
  vi.unstubAllEnvs();
});

/** Where vitest's program for processes would be, and is one that sends back what it hears. */
function echoing(before = ""): string {
  const dist = mkdtempSync(join(tmpdir(), "mutants-process-"));
  onTestFinished(() => rmSync(dist, { recursive: true }));
  mkdirSync(join(dist, "workers"));
  const echo = `process.on("message", (message) => { ${before} process.send({ pid: process.pid, message }); });`;
  writeFileSync(join(dist, "workers/forks.js"), echo);
  return dist;
}

test("one process runs what is meant for several, each with the configuration of its own start", async () => {
  const dist = echoing();
  const start = (config: string) => ({ type: "start", context: { config } });
  const run = { type: "run", context: { files: ["a"] } };

  const first = worker(dist);
  await first.made.start();
  const { pid } = await first.ask(start("one"));
  expect((await first.ask(run)).message.context).toEqual({ config: "one", files: ["a"] });
  expect(await first.ask({ type: "stop" })).toMatchObject({ type: "stopped" });
  await first.made.stop();

  const second = worker(dist);
  await second.made.start();
  expect(await second.ask(start("two"))).toMatchObject({ type: "started" });
  const ran = await second.ask(run);
  expect(ran.pid).toBe(pid);
  expect(ran.message.context).toEqual({ config: "two", files: ["a"] });
  // While it is in use, another one has a process of its own.
  const third = worker(dist);
  await third.made.start();
  expect((await third.ask(start("three"))).pid).not.toBe(pid);
  await second.made.stop();
  // One spare process is enough.
  await third.made.stop();
});

test("a process in which a test may still be at work runs no other mutant", async () => {
  const dist = echoing(`if (message.type === "run") process.send(${JSON.stringify(spoiled)});`);
  const first = worker(dist);
  await first.made.start();
  const { pid } = await first.ask({ type: "start", context: { config: "one" } });
  // What it says of itself is not for vitest.
  expect(await first.ask({ type: "run", context: {} })).toMatchObject({ pid });
  await first.made.stop();
  const second = worker(dist);
  await second.made.start();
  expect((await second.ask({ type: "start", context: { config: "two" } })).pid).not.toBe(pid);
  await second.made.stop();
});

test("each mutant has a process of its own where that is asked for", async () => {
  const dist = echoing();
  vi.stubEnv(freshVariable, "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  const pids = new Set<number>();
  for (let number = 0; number < 2; number++) {
    const { made, ask } = worker(dist);
    await made.start();
    pids.add((await ask({ type: "start", context: { config: "x" } })).pid);
    await made.stop();
  }
  expect(pids.size).toBe(2);
});
