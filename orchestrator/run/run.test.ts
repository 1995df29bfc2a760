// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { scenarioDirectory } from "../project.ts";
import { unseenBy } from "../provision/kernel/kernel-checks.ts";
import type { ProvisionEvent } from "../provision/work/events.ts";
import type { Reporter, RunEvent } from "../report/events.ts";
import { readPlan } from "./read-plan.ts";
import type { Provision } from "./request.ts";
import { runPlan } from "./run.ts";
import { bareArtifacts, modulesFor } from "./testing/bare-artifacts.ts";
import { InterruptedError } from "./variant/failure.ts";

const plan = readPlan(join(scenarioDirectory, "smoke.yaml"));
let out: string;
let complaints: string[];

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "run-test-"));
  complaints = [];
});
afterEach(() => rmSync(out, { recursive: true }));

function run(provision: Provision, reporters: readonly Reporter[] = [], signal?: AbortSignal) {
  return runPlan({
    plan,
    out,
    timeoutScale: 1,
    provision,
    reporters,
    signal: signal ?? new AbortController().signal,
    complain: (text) => complaints.push(text),
  });
}

/** Nobody must take a check that was not reached for one that passed. */
const notReached = plan.variants.flatMap(({ checks }) =>
  checks.map(({ id }) => ({ id, status: "skip", reason: "not reached: the run ended before" })),
);

const failing =
  (error: Error): Provision =>
  () =>
    Promise.reject(error);

test("a build that fails could not be judged: 125, with the end of its log", async () => {
  const cache = mkdtempSync(join(tmpdir(), "run-test-cache-"));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const logPath = join(cache, "qemu-build");
  writeFileSync(logPath, "all of it\n");
  const error = new InfrastructureError("QEMU did not build", { logPath, tail: ["x.c:1: error"] });
  const own = join(out, "qemu-build.log");
  expect(await run(failing(error))).toMatchObject({
    verdict: "error",
    exitStatus: 125,
    checks: notReached,
    failure: {
      phase: "provision",
      message: "QEMU did not build",
      excerpt: [{ title: "end of the log", lines: ["x.c:1: error"], file: own }],
    },
  });
  // The cache stays where it is; what goes with the reports has the log.
  expect(readFileSync(own, "utf8")).toBe("all of it\n");
});

test("a machine that is to wait for gdb has to be there, before anything is built", async () => {
  const built: string[] = [];
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [], signal: new AbortController().signal },
    provision: async () => {
      built.push("all");
      throw new Error("unreachable");
    },
    inspection: { keep: false, gdb: "hots" },
    complain: (text) => complaints.push(text),
  });
  expect(result.exitStatus).toBe(2);
  expect(result.failure?.message).toBe(
    '--gdb hots: smoke has no such machine; expected one of endpoint, host. Did you mean "host"?',
  );
  expect(built).toEqual([]);
});

test("VMs that do not fit into the machine's memory are not started, and nothing is built for them: 125", async () => {
  const most = vi.spyOn(process, "constrainedMemory").mockReturnValue(2 ** 30);
  onTestFinished(() => most.mockRestore());
  const result = await run(failing(new Error("unreachable")));
  expect(result).toMatchObject({ verdict: "error", exitStatus: 125, checks: notReached });
  expect(result.failure?.message).toMatch(
    /^the VMs of smoke take 1\.5 GiB of memory at a time \((host|endpoint) 0\.5 GiB, (host|endpoint) 0\.5 GiB, and what QEMU needs beside that\), and this machine has 1\.0 GiB: .*"memory"/,
  );
  most.mockReturnValue(1.5 * 2 ** 30);
  expect((await run(failing(new Error("built")))).failure?.message).toBe("built");
});

test("reports say the command that does it again, and versions that only the caller knows", async () => {
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [], complain: () => {} },
    provision: failing(new UsageError("no")),
    signal: new AbortController().signal,
    reproduce: "npm run scenario smoke",
    versions: { lab: "1234abc" },
  });
  expect(result).toMatchObject({
    reproduce: "npm run scenario smoke",
    versions: { lab: "1234abc" },
  });
});

test("what a person must change is 2", async () => {
  const result = await run(failing(new UsageError("install these packages: ...")));
  expect(result).toMatchObject({ verdict: "error", exitStatus: 2 });
});

test("a fault of the program itself is 125, with its stack", async () => {
  const result = await run(failing(new TypeError("x is not a function")));
  expect(result.exitStatus).toBe(125);
  expect(result.failure?.excerpt[0]?.lines[0]).toBe("TypeError: x is not a function");
});

test("an interruption while provisioning is told as one", async () => {
  const cancel = new AbortController();
  const provision: Provision = (_plan, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      cancel.abort(new InterruptedError("SIGTERM"));
    });
  const seen: RunEvent[] = [];
  const reporter: Reporter = { name: "seen", on: (event) => void seen.push(event) };
  const result = await run(provision, [reporter], cancel.signal);
  expect(result).toMatchObject({
    exitStatus: 143,
    checks: notReached,
    failure: { message: "interrupted by SIGTERM" },
  });
  expect(seen).toContainEqual({ type: "interrupted", reason: "interrupted by SIGTERM" });
});

test("an interruption before a variant is told as one: what was not run has not passed", async () => {
  const cancel = new AbortController();
  const interrupt: Reporter = {
    name: "interrupt",
    on: ({ type }) => {
      if (type === "note") cancel.abort(new InterruptedError("SIGINT"));
    },
  };
  const artifacts = bareArtifacts(out, modulesFor(plan.variants));
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [interrupt], complain: () => {} },
    ...{ accelerator: "tcg", provision: async () => artifacts, signal: cancel.signal },
  });
  expect(result).toMatchObject({
    ...{ verdict: "error", exitStatus: 130, checks: notReached },
    // Everything was there, and nothing had been started.
    failure: { phase: "boot", message: "interrupted by SIGINT" },
  });
});

test.each([
  ["is told, as what a person must change", false, { verdict: "error", exitStatus: 2 }],
  ["is skipped among several", true, { verdict: "skip", exitStatus: 0 }],
])("a scenario whose needs the kernels do not meet %s", async (_what, skipUnmetNeeds, ended) => {
  const artifacts = bareArtifacts(out, []);
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [], complain: () => {}, skipUnmetNeeds },
    ...{ provision: async () => artifacts, signal: new AbortController().signal },
  });
  expect(result).toMatchObject({ ...ended, checks: notReached });
  const why = skipUnmetNeeds ? result.skipped : result.failure?.message;
  expect(why).toMatch(
    /^smoke cannot run: .*the host's kernel: ntb_hw_epf: there is no such module/,
  );
  expect(skipUnmetNeeds ? result.failure : result.skipped).toBeUndefined();
});

test("a fault is not skipped for being among several", async () => {
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [], complain: () => {}, skipUnmetNeeds: true },
    ...{ provision: failing(new UsageError("no")), signal: new AbortController().signal },
  });
  expect(result).toMatchObject({ verdict: "error", exitStatus: 2 });
});

test("a reporter that fails hides neither the verdict nor the other reports", async () => {
  const seen: RunEvent["type"][] = [];
  const broken: Reporter = {
    name: "broken",
    on: async () => {
      throw new Error("disk full");
    },
  };
  const good: Reporter = { name: "good", on: (event) => void seen.push(event.type) };
  const result = await run(failing(new UsageError("no")), [broken, good]);
  expect(result.exitStatus).toBe(2);
  expect(seen).toEqual(["run-started", "phase-started", "phase-finished", "run-finished"]);
  expect(complaints).toContain("the broken report failed: disk full");
});

describe("what is told of a build", () => {
  const seen: RunEvent[] = [];
  const reporter: Reporter = { name: "seen", on: (event) => void seen.push(event) };
  beforeEach(() => void seen.splice(0));

  test("each of its events", async () => {
    const event = { type: "output", text: "CC x.o" } as unknown as ProvisionEvent;
    await run(
      async (_plan, { progress }) => {
        progress(event);
        throw new UsageError("no");
      },
      [reporter],
    );
    expect(seen).toContainEqual({ type: "provision", event });
  });

  test("its log by its own place, where that is beside the reports or cannot be copied", async () => {
    const of = async (logPath: string) => {
      const result = await run(failing(new InfrastructureError("no", { logPath, tail: ["x"] })));
      return result.failure?.excerpt[0]?.file;
    };
    const own = join(out, "build/sub.log");
    mkdirSync(join(out, "build"));
    writeFileSync(own, "x");
    expect(await of(own)).toBe(own);
    expect(await of("/no/such.log")).toBe("/no/such.log");
  });

  test("nothing of an interruption that comes when the run is over", async () => {
    const cancel = new AbortController();
    await run(failing(new UsageError("no")), [reporter], cancel.signal);
    cancel.abort(new InterruptedError("SIGINT"));
    expect(seen.map(({ type }) => type)).not.toContain("interrupted");
  });
});

test("an interruption that what builds did not hear ends the run behind it", async () => {
  const cancel = new AbortController();
  const result = await run(
    async () => {
      cancel.abort(new InterruptedError("SIGINT"));
      return bareArtifacts(out, []);
    },
    [],
    cancel.signal,
  );
  expect(result).toMatchObject({ exitStatus: 130, failure: { phase: "provision" } });
});

test("what these kernels could not have seen is told once, with their configurations beside it", async () => {
  const cancel = new AbortController();
  const artifacts = bareArtifacts(out, modulesFor(plan.variants));
  const stop: Reporter = {
    name: "stop",
    on: ({ type }) => {
      if (type === "note") cancel.abort(new InterruptedError("SIGINT"));
    },
  };
  const result = await runPlan({
    ...{ plan, out, timeoutScale: 1, reporters: [stop], complain: () => {}, accelerator: "tcg" },
    ...{ provision: async () => artifacts, signal: cancel.signal },
  });
  const expected = unseenBy("");
  expect(expected.length).toBeGreaterThan(0);
  expect(result.unseen?.slice(0, expected.length)).toEqual(expected);
  expect(new Set(result.unseen).size).toBe(result.unseen?.length);
});
