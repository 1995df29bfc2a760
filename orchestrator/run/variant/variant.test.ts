// SPDX-License-Identifier: MIT
//
// What becomes of a variant, whatever its VMs do: here they do what the test says.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Artifacts } from "../../artifacts.ts";
import { InfrastructureError } from "../../errors.ts";
import { noInspection } from "../../lab/inspection.ts";
import type { LabSetup, RunningLab, StartedLab } from "../../lab/lab.ts";
import type { ExecOptions } from "../../lab/ssh.ts";
import { countersOf } from "../../lab/testing/counters.ts";
import { idleChannel } from "../../lab/testing/idle-channel.ts";
import { readyLine } from "../../lab/vm.ts";
import { EventStream, type RunEvent } from "../../report/events.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import type { Role } from "../../scenario/topology/graph.ts";
import { readPlan } from "../read-plan.ts";
import { InterruptedError } from "./failure.ts";
import { Journal } from "./journal.ts";
import { clockOf, notRun, runVariant, type VariantSetup } from "./variant.ts";

let directory: string;
let events: RunEvent[];
let happened: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "variant-test-"));
  events = [];
  happened = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Two guests in which each command ends as `answer` says, and how their ends come. */
interface Played {
  readonly answer?: (script: string, role: Role) => { status?: number; stdout?: string };
  readonly start?: () => Promise<void>;
  readonly running?: (lab: StartedLab) => Promise<void>;
  readonly problems?: readonly Error[];
  readonly consoles?: Partial<Record<Role, string[]>>;
}

const booting = `<6>[    0.000000] Booting Linux\n`;

function startLabAs(played: Played) {
  return async ({ signal }: LabSetup): Promise<StartedLab> => {
    await played.start?.();
    const guest = (role: Role) => {
      const answer = (script: string) => ({
        ...{ status: 0, stdout: script === "dmesg -r" ? booting : "", stderr: "", ms: 1 },
        ...{ command: script, ...played.answer?.(script, role) },
      });
      const ssh = {
        run: async (script: string, { onOutput }: ExecOptions) => {
          happened.push(`${role}: ${script}`);
          const result = answer(script);
          onOutput?.(result.stdout);
          return result;
        },
        check: async (script: string) => {
          happened.push(`${role}: ${script}`);
          return answer(script);
        },
      };
      return { ssh };
    };
    const console = (role: Role) => {
      const lines = (played.consoles?.[role] ?? []).map((text, at) => ({ at, text }));
      return { file: join(directory, `${role}.log`), lines, waitFor: async () => readyLine };
    };
    const stats = countersOf({ write: [{ ...idleChannel, bytes: 5 }], msi: 2, msix: 1 });
    const lab = {
      ...{ vm: guest, signal, directory },
      consoles: { endpoint: console("endpoint"), host: console("host") },
      link: () => ({ stats: async () => stats }),
      isOn: () => true,
      running: async () => {
        await played.running?.(lab as unknown as StartedLab);
        return lab as unknown as RunningLab;
      },
      close: async () => {
        happened.push("closed");
        return played.problems ?? [];
      },
    };
    return lab as unknown as StartedLab;
  };
}

function planOf(steps: string, checks: string, more = ""): VariantPlan {
  const file = join(directory, "mine.yaml");
  const text = `name: mine\ntitle: mine\ninclude: vntb\n${more}steps: [${steps}]\nchecks: [${checks}]\n`;
  writeFileSync(file, text);
  const [plan] = readPlan(file).variants;
  if (!plan) throw new Error("no variant");
  return plan;
}

const look = "{ do: shell, as: look, on: host, run: look }";
const looked = "{ check: command, id: looked, title: it was seen, of: look, status: 0 }";

function run(played: Played, setup: Partial<VariantSetup> = {}, plan = planOf(look, looked)) {
  const config = join(directory, "config");
  writeFileSync(config, "");
  const guest = { kernel: { config, vmlinux: "", buildDir: "" }, facts: {} };
  const artifacts = { guests: { host: guest, endpoint: guest } } as unknown as Artifacts;
  const stream = new EventStream([{ name: "x", on: (event) => void events.push(event) }], () => {});
  return runVariant(plan, new Journal(stream), {
    ...{ artifacts, out: directory, timeoutMs: 60_000, timeoutScale: 1, last: true },
    ...{ inspection: noInspection, signal: new AbortController().signal },
    choice: { accelerator: "tcg", reason: "", timeScale: 1 },
    startLab: startLabAs(played),
    ...setup,
  });
}

const phases = () =>
  events.flatMap((event) => (event.type === "phase-started" ? [event.phase] : []));

describe("a variant", () => {
  test("that does what its checks want has passed, with what was counted and logged; its VMs are gone", async () => {
    const outcome = await run({
      answer: (script) => (script === "dmesg -r" ? { stdout: `${booting}<4>[  1.0] odd\n` } : {}),
    });
    expect(outcome).toMatchObject({ status: 0, failure: undefined, kept: false });
    expect(outcome.checks).toMatchObject([{ id: "looked", status: "pass", step: "look" }]);
    expect(outcome.metrics).toContainEqual(
      expect.objectContaining({ name: "engine.write.bytes", median: 5 }),
    );
    expect(outcome.metrics).toContainEqual(
      expect.objectContaining({ name: "msi.count", samples: [3] }),
    );
    expect(outcome.series.find(({ name }) => name === "engine.write.bytes")?.points.length).toBe(1);
    const odd = { level: "warning", text: "[  1.0] odd" };
    expect(outcome.kernelLogs.map(({ lines }) => lines)).toEqual([[odd], [odd]]);
    expect(phases()).toEqual(["boot", "steps", "teardown"]);
    // The kernels are asked for their logs before they end, and after all else.
    expect(happened).toEqual(["host: look", "endpoint: dmesg -r", "host: dmesg -r", "closed"]);
  });

  test("on virtual time has what guests time by that, and what the lab times by the wall clock", async () => {
    const ping = "{ do: ping, count: 1, as: a.ping }";
    const clean = "{ check: console-clean, id: clean, title: nobody complained }";
    const plan = planOf(ping, clean, "topology: { time: virtual }\n");
    const stdout = "64 bytes: time=2.5 ms\n1 packets transmitted\nanswered 1\n";
    const answer = (script: string) => (script.includes("ping -n") ? { stdout } : {});
    const { metrics } = await run({ answer }, {}, plan);
    expect(metrics.find(({ name }) => name === "a.rtt")).toEqual({
      ...{ name: "a.rtt", unit: "ms", samples: [2.5], median: 2.5, clock: "virtual" },
    });
    expect(metrics.find(({ name }) => name === "msi.count")).not.toHaveProperty("clock");
    expect(clockOf("lab", plan)).toEqual({});
    expect(clockOf("guests", planOf(ping, clean))).toEqual({});
  });

  test("says which of its VMs is still waited for", async () => {
    await run({ running: () => new Promise((resolve) => setTimeout(resolve, 5)) });
    const told = events.flatMap((event) => (event.type === "step-progress" ? [event.text] : []));
    expect(told).toEqual([
      "waiting for the endpoint and the host VM to come up",
      "waiting for the host VM to come up",
    ]);
  });

  test("of a matrix has its name in all that it leaves, and its logs in a directory of that name", async () => {
    const outcome = await run({}, {}, { ...planOf(look, looked), variant: "six" });
    expect(outcome.checks).toMatchObject([{ id: "six.looked", step: "six.look" }]);
    expect(outcome.steps).toMatchObject([{ id: "six.look", variant: "six" }]);
    expect(outcome.metrics).toContainEqual(
      expect.objectContaining({ name: "six.msi.count", variant: "six" }),
    );
    expect(outcome.series).toContainEqual(
      expect.objectContaining({ name: "six.msi.count", variant: "six" }),
    );
    expect(outcome.kernelLogs.map(({ variant }) => variant)).toEqual(["six", "six"]);
    expect(existsSync(join(directory, "six"))).toBe(true);
  });

  test("whose check fails has failed: 1", async () => {
    const outcome = await run({ answer: () => ({ status: 3 }) });
    expect(outcome).toMatchObject({ status: 1, failure: undefined });
    expect(outcome.checks).toMatchObject([{ id: "looked", status: "fail" }]);
  });

  test("whose VMs do not start could not be judged, and nothing was: 125", async () => {
    const start = () => Promise.reject(new InfrastructureError("no QEMU"));
    const outcome = await run({ start });
    expect(outcome).toMatchObject({
      ...{ status: 125, consoles: [], kernelLogs: [] },
      failure: { phase: "boot", message: "no QEMU" },
    });
    expect(outcome.checks).toMatchObject([
      { id: "looked", status: "skip", reason: "not reached: the VMs did not start" },
    ]);
    expect(happened).toEqual([]);
  });

  test("whose guests do not come up is not asked for their logs, and its VMs are ended", async () => {
    const running = () => Promise.reject(new InfrastructureError("no SSH"));
    const outcome = await run({ running }, { signal: AbortSignal.timeout(60_000) });
    expect(outcome).toMatchObject({ status: 125, kernelLogs: [], failure: { phase: "boot" } });
    expect(happened).toEqual(["closed"]);
  });

  test("that takes too long is ended, and it is told what it was at", async () => {
    const running = ({ signal }: StartedLab) =>
      new Promise<void>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    // Limits count by the machine and by what a person says.
    const slow = { timeoutMs: 10, timeoutScale: 2, choice: { timeScale: 5 } as never };
    const outcome = await run({ running }, slow);
    expect(outcome.failure).toMatchObject({
      phase: "boot",
      message: "the scenario took longer than 0.1 s, it was at: boot",
    });
    // Guests that do not come to an end are what was under test.
    expect(outcome.status).toBe(1);
    const six = await run({ running }, slow, { ...planOf(look, looked), variant: "six" });
    expect(six.failure?.message).toMatch(/^the variant six took longer than/);
  });

  test("that was interrupted ends its VMs, keeps none and asks nobody", async () => {
    const cancel = new AbortController();
    const keep = vi.fn();
    const answer = () => {
      cancel.abort(new InterruptedError("SIGINT"));
      return {};
    };
    const more = "{ do: shell, on: host, run: never }";
    const plan = planOf(`${look}, ${more}`, looked);
    const outcome = await run({ answer }, { signal: cancel.signal, keep }, plan);
    expect(outcome).toMatchObject({ status: 130, kept: false, kernelLogs: [] });
    expect(keep).not.toHaveBeenCalled();
    expect(happened).toEqual(["host: look", "closed"]);
  });

  test("whose kernel complained in its last step has failed, though all checks passed", async () => {
    const consoles = { endpoint: ["[  9.9] WARNING: drivers/ntb/core.c:77 at f+0x1/0x2"] };
    const outcome = await run({ consoles });
    expect(outcome).toMatchObject({ status: 1, checks: [{ status: "pass" }] });
    expect(outcome.failure?.message).toMatch(/^endpoint VM: WARN/);
  });

  test("whose VMs could not be ended could not be judged, unless it had failed before", async () => {
    const problems = [new Error("the host VM is still there"), new Error("another")];
    expect(await run({ problems })).toMatchObject({
      ...{ status: 125, failure: { phase: "teardown", message: "the host VM is still there" } },
    });
    const failed = await run({ problems, answer: () => ({ status: 3 }) });
    expect(failed).toMatchObject({ failure: { phase: "teardown" } });
  });

  test("of a known bug has passed when it failed as it says", async () => {
    const expected = "expect: fail\nfails: { check: looked }\n";
    const bug = () => planOf(look, looked, expected);
    const outcome = await run({ answer: () => ({ status: 3 }) }, {}, bug());
    expect(outcome).toMatchObject({ status: 0, checks: [{ id: "looked", status: "xfail" }] });
    expect(await run({}, {}, bug())).toMatchObject({ status: 1, expectation: { met: false } });
  });
});

describe("VMs that may be kept", () => {
  const fails = { answer: () => ({ status: 3 }) };
  test.each([
    ["the first that does not pass", fails, false, true],
    ["the last one", {}, true, true],
    ["one that passed, and others follow", {}, false, false],
  ])("%s", async (_what, played: Played, last, kept) => {
    const keep = vi.fn();
    const outcome = await run(played, { keep, last });
    expect(outcome.kept).toBe(kept);
    expect(keep).toHaveBeenCalledTimes(kept ? 1 : 0);
    expect(happened.includes("closed")).toBe(!kept);
  });

  test("that never started are none", async () => {
    const keep = vi.fn();
    const start = () => Promise.reject(new InfrastructureError("no QEMU"));
    expect(await run({ start }, { keep })).toMatchObject({ kept: false, status: 125 });
    expect(keep).not.toHaveBeenCalled();
  });
});

test("a variant that was not run has nothing, and its checks were not reached", () => {
  const plan = { ...planOf(look, looked), variant: "six" };
  const outcome = notRun(plan, new Journal(new EventStream([], () => {})));
  expect(outcome).toMatchObject({
    ...{ status: 0, durationMs: 0, kept: false, metrics: [], consoles: [], failure: undefined },
    steps: [{ id: "six.look", status: "not run", startMs: null }],
    checks: [{ id: "six.looked", status: "skip", reason: "not reached: the run ended before" }],
  });
});
