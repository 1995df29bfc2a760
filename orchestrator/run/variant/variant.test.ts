// SPDX-License-Identifier: MIT
//
// What becomes of a variant, whatever its VMs do: here they do what the test says.

import { describe, expect, test, vi } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { EventStream } from "../../report/events.ts";
import { strict } from "../../steps/strict.ts";
import { InterruptedError } from "./failure.ts";
import { Journal } from "./journal.ts";
import {
  booting,
  events,
  happened,
  look,
  looked,
  type Played,
  phases,
  planOf,
  playVariants,
  runPlayed,
} from "./testing/played-variant.ts";
import { notRun } from "./variant.ts";

playVariants();

describe("a variant", () => {
  test("that does what its checks want has passed, with what was counted and logged; its VMs are gone", async () => {
    const outcome = await runPlayed({
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
    expect(happened).toEqual([
      `host: ${strict("look")}`,
      "endpoint: dmesg -r",
      "host: dmesg -r",
      "closed",
    ]);
  });

  test("whose counters cannot be read at the end was not judged, unless its VMs are off", async () => {
    let readings = 0;
    const counting = async () => {
      readings += 1;
      // One as it begins, one before the step and one behind it.
      if (readings > 3) throw new InfrastructureError("QMP qom-get: no answer");
    };
    const outcome = await runPlayed({ counting });
    expect(outcome).toMatchObject({ status: 125, failure: { message: "QMP qom-get: no answer" } });
    const off = await runPlayed({ counting: () => Promise.reject(new Error("off")), on: false });
    expect(off).toMatchObject({ status: 0, failure: undefined });
  });

  test("says which of its VMs is still waited for", async () => {
    await runPlayed({ running: () => new Promise((resolve) => setTimeout(resolve, 5)) });
    const told = events.flatMap((event) => (event.type === "step-progress" ? [event.text] : []));
    expect(told).toEqual([
      "waiting for the endpoint and the host VM to come up",
      "waiting for the host VM to come up",
    ]);
  });

  test("whose check fails has failed: 1", async () => {
    const outcome = await runPlayed({ answer: () => ({ status: 3 }) });
    expect(outcome).toMatchObject({ status: 1, failure: undefined });
    expect(outcome.checks).toMatchObject([{ id: "looked", status: "fail" }]);
  });

  test("whose VMs do not start could not be judged, and nothing was: 125", async () => {
    const start = () => Promise.reject(new InfrastructureError("no QEMU"));
    const outcome = await runPlayed({ start });
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
    const outcome = await runPlayed({ running }, { signal: AbortSignal.timeout(60_000) });
    expect(outcome).toMatchObject({ status: 125, kernelLogs: [], failure: { phase: "boot" } });
    expect(happened).toEqual(["time passes", "closed"]);
  });

  test("that takes too long is ended, and it is told what it was at", async () => {
    const running = ({ signal }: StartedLab) =>
      new Promise<void>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    // Limits count by the machine and by what a person says.
    const slow = { timeoutMs: 10, timeoutScale: 2, choice: { timeScale: 5 } as never };
    const outcome = await runPlayed({ running }, slow);
    expect(outcome.failure).toMatchObject({
      phase: "boot",
      message: "the scenario took longer than 0.1 s, it was at: boot",
    });
    // Guests that do not come to an end are what was under test.
    expect(outcome.status).toBe(1);
    const six = await runPlayed({ running }, slow, { ...planOf(look, looked), variant: "six" });
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
    const outcome = await runPlayed({ answer }, { signal: cancel.signal, keep }, plan);
    expect(outcome).toMatchObject({ status: 130, kept: false, kernelLogs: [] });
    expect(keep).not.toHaveBeenCalled();
    expect(happened).toEqual([`host: ${strict("look")}`, "closed"]);
  });

  test("whose kernel complained in its last step has failed, though all checks passed", async () => {
    const consoles = { endpoint: ["[  9.9] WARNING: drivers/ntb/core.c:77 at f+0x1/0x2"] };
    const outcome = await runPlayed({ consoles });
    expect(outcome).toMatchObject({ status: 1, checks: [{ status: "pass" }] });
    expect(outcome.failure?.message).toMatch(/^endpoint VM: WARN/);
  });

  test("whose kernel logged an error that nobody expects has failed where consoles are to be clean", async () => {
    const clean = "{ check: console-clean, id: clean, title: nobody complained }";
    const known = "known-noise: [{ pattern: no doorbell, reason: it has none, on: host }]\n";
    const says = (error: string) => ({
      answer: (script: string) =>
        script === "dmesg -r" ? { stdout: `${booting}<3>[  1.0] foo: ${error}\n` } : {},
    });
    const judged = async (error: string) =>
      (await runPlayed(says(error), {}, planOf(look, `${looked}, ${clean}`, known))).checks[1];
    expect(await judged("link stays down")).toMatchObject({
      status: "fail",
      measured: "no complaint, 2 errors",
    });
    expect(await judged("no doorbell")).toMatchObject({
      status: "fail",
      measured: "no complaint, 1 error",
      reason: expect.stringMatching(
        /^the endpoint's kernel said at error level: foo: no doorbell;/,
      ),
    });
  });

  test("whose kernel does not answer at its end has failed, too, unless a step has ended that VM", async () => {
    const clean = "{ check: console-clean, id: clean, title: nobody complained }";
    const deaf = {
      answer: (script: string) => {
        if (script === "dmesg -r") throw new Error("Not connected");
        return {};
      },
    };
    const judged = async (on: boolean) =>
      (await runPlayed({ ...deaf, on }, {}, planOf(look, `${looked}, ${clean}`))).checks[1];
    expect(await judged(true)).toMatchObject({
      status: "fail",
      reason: expect.stringMatching(
        /^the endpoint's kernel could not be asked what it has logged: .*Not connected/,
      ),
    });
    expect(await judged(false)).toMatchObject({ status: "pass" });
  });

  test("whose VMs could not be ended could not be judged, unless it had failed before", async () => {
    const problems = [new Error("the host VM is still there"), new Error("another")];
    expect(await runPlayed({ problems })).toMatchObject({
      ...{ status: 125, failure: { phase: "teardown", message: "the host VM is still there" } },
    });
    const failed = await runPlayed({ problems, answer: () => ({ status: 3 }) });
    expect(failed).toMatchObject({ failure: { phase: "teardown" } });
  });

  test("of a known bug has passed when it failed as it says", async () => {
    const expected = "expect: fail\nfails: { check: looked, says: status 3 }\n";
    const bug = () => planOf(look, looked, expected);
    const outcome = await runPlayed({ answer: () => ({ status: 3 }) }, {}, bug());
    expect(outcome).toMatchObject({ status: 0, checks: [{ id: "looked", status: "xfail" }] });
    expect(await runPlayed({}, {}, bug())).toMatchObject({
      status: 1,
      expectation: { met: false },
    });
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
    const outcome = await runPlayed(played, { keep, last });
    expect(outcome.kept).toBe(kept);
    expect(keep).toHaveBeenCalledTimes(kept ? 1 : 0);
    expect(happened.includes("time passes")).toBe(kept);
    expect(happened.includes("closed")).toBe(!kept);
  });

  test("that never started are none", async () => {
    const keep = vi.fn();
    const start = () => Promise.reject(new InfrastructureError("no QEMU"));
    expect(await runPlayed({ start }, { keep })).toMatchObject({ kept: false, status: 125 });
    expect(keep).not.toHaveBeenCalled();
  });
});

test("a variant that was not run has nothing, and its checks were not reached", () => {
  const plan = { ...planOf(look, looked), variant: "six" };
  const outcome = notRun(plan, new Journal(new EventStream([], () => {})));
  expect(outcome).toMatchObject({
    ...{ status: 0, durationMs: 0, kept: false, metrics: [], consoles: [], failure: undefined },
    ...{ series: [], kernelLogs: [] },
    steps: [{ id: "six.look", status: "not run", startMs: null }],
    checks: [{ id: "six.looked", status: "skip", reason: "not reached: the run ended before" }],
  });
});
