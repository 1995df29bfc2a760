// SPDX-License-Identifier: MIT
//
// What a variant's topology, its checks, its kernels and a person's wishes make of its run.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { InfrastructureError } from "../../errors.ts";
import type { LabSetup } from "../../lab/lab.ts";
import type { Role } from "../../scenario/topology/graph.ts";
import {
  directory,
  events,
  look,
  looked,
  phases,
  planOf,
  playVariants,
  runPlayed,
} from "./testing/played-variant.ts";
import { clockOf } from "./variant.ts";

playVariants();

test("a variant on virtual time has what guests time by that, and what the lab times by the wall clock", async () => {
  const ping = "{ do: ping, count: 1, as: a.ping }";
  const clean = "{ check: console-clean, id: clean, title: nobody complained }";
  const plan = planOf(ping, clean, "topology: { time: virtual }\n");
  const stdout = "64 bytes: time=2.5 ms\n1 packets transmitted\nanswered 1\n";
  const answer = (script: string) => (script.includes("ping -n") ? { stdout } : {});
  const { metrics } = await runPlayed({ answer }, {}, plan);
  expect(metrics.find(({ name }) => name === "a.rtt")).toEqual({
    ...{ name: "a.rtt", unit: "ms", samples: [2.5], median: 2.5, clock: "virtual" },
  });
  expect(metrics.find(({ name }) => name === "msi.count")).not.toHaveProperty("clock");
  expect(clockOf("lab", plan)).toEqual({});
  expect(clockOf("guests", planOf(ping, clean))).toEqual({});
});

test("one of a matrix has its name in all that it leaves, and its logs in a directory of that name", async () => {
  const checks = `${looked}, { check: console-clean, id: clean, title: c }`;
  const outcome = await runPlayed({}, {}, { ...planOf(look, checks), variant: "six" });
  expect(outcome.checks).toMatchObject([
    { id: "six.looked", step: "six.look" },
    { id: "six.clean" },
  ]);
  expect(outcome.checks[1]).not.toHaveProperty("step");
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

test("a variant has what checks look at of the devices' events, beside what a person wants to see of them", async () => {
  const traced = "{ check: trace, id: traced, title: t, event: dwc_iatu_write, of: look, max: 1 }";
  const setups: LabSetup[] = [];
  const played = {
    start: async (given: LabSetup) => void setups.push(given),
    answer: (script: string) => {
      // QEMU writes the time of the day, finer than this clock does.
      const at = ((Date.now() + 1) / 1000).toFixed(6);
      if (script === "look")
        writeFileSync(
          join(directory, "endpoint-trace.7.log"),
          // The first of them came long before the step.
          `7@1000.000000:dwc_iatu_write 0\n7@${at}:dwc_iatu_write 0\n`,
        );
      return {};
    },
  };
  const outcome = await runPlayed(played, {}, planOf(look, traced));
  expect(outcome.checks).toMatchObject([{ id: "traced", status: "pass" }]);
  await runPlayed(
    played,
    { inspection: { keep: false, trace: ["dwc_edma_*"] } },
    planOf(look, traced),
  );
  await runPlayed(played);
  expect(setups.map(({ inspection }) => inspection?.trace)).toEqual([
    ["dwc_iatu_write"],
    ["dwc_edma_*", "dwc_iatu_write"],
    undefined,
  ]);
  // Of VMs that did not start there are none: the check was not reached.
  const start = () => Promise.reject(new InfrastructureError("no QEMU"));
  const none = await runPlayed({ start }, {}, planOf(look, traced));
  expect(none.checks).toMatchObject([{ status: "skip" }]);
});

test("who wants gdb is told how to have it, before anything is waited for", async () => {
  const notes = () => events.flatMap((event) => (event.type === "note" ? [event.text] : []));
  const before: number[] = [];
  const running = async () => void before.push(notes().length);
  await runPlayed({ running }, { inspection: { keep: false, gdb: "host" } });
  expect(notes().join("\n")).toContain(`target remote ${join(directory, "host.gdb")}`);
  expect(before).toEqual([notes().length]);
  events.splice(0);
  await runPlayed({ running });
  expect(notes()).toEqual([]);
});

test("a kernel that finds leaks is searched for them behind the steps, and fails by what is found", async () => {
  const object = "unreferenced object 0xffff (size 128):\n  [<0>] ntb_create+0x1/0x2\n";
  const limits = new Set<number>();
  const answer = (script: string, role: Role, limitMs: number) => {
    if (!script.includes("kmemleak")) return {};
    limits.add(limitMs);
    return { stdout: role === "host" ? object : "" };
  };
  const configuration = "CONFIG_DEBUG_KMEMLEAK=y\n";
  const twice = { timeoutScale: 2 };
  const outcome = await runPlayed({ answer }, twice, planOf(look, looked), configuration);
  expect([...limits]).toEqual([120_000]);
  expect(outcome).toMatchObject({ status: 1, checks: [{ status: "pass" }] });
  expect(outcome.failure?.message).toBe(
    "host VM: kmemleak: 1 unreferenced objects, the first from ntb_create",
  );
  expect(phases()).toEqual(["boot", "steps", "leaks", "teardown"]);
  const clean = await runPlayed({}, {}, planOf(look, looked), configuration);
  expect(clean).toMatchObject({ status: 0 });
});

test("limits are by the machine, what a person says, and how far its guests' time lags behind", async () => {
  const scales: number[] = [];
  const limits = new Set<number>();
  const played = {
    start: async ({ timeScale }: LabSetup) => void scales.push(timeScale),
    answer: (script: string, _role: Role, limitMs: number) => {
      if (script === "dmesg -r") limits.add(limitMs);
      return {};
    },
  };
  const choice = { accelerator: "tcg", reason: "", timeScale: 5 } as const;
  await runPlayed(played, { timeoutScale: 2, choice });
  const virtual = planOf(look, looked, "topology: { time: virtual }\n");
  await runPlayed(played, { timeoutScale: 2, choice }, virtual);
  expect(scales).toEqual([10, 300]);
  expect([...limits]).toEqual([50_000, 1_500_000]);
});
