// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { RunningLab } from "../../lab/lab.ts";
import type { ExecOptions } from "../../lab/ssh.ts";
import { betweenMarks, markCommand, markStep, stepBetween, wantsMarks } from "./step-marks.ts";

/** What a kernel makes of a mark, in its log and on its console. */
const marked = (step: string) =>
  `[    7.123456] ${/'<14>(.*)' > /.exec(markCommand(step))?.[1] ?? "no mark"}`;

test("logs are marked where noise is known of some steps alone", () => {
  const noise = { pattern: "x", reason: "x" };
  expect(wantsMarks({ knownNoise: [noise, { ...noise, during: ["loss"] }] })).toBe(true);
  expect(wantsMarks({ knownNoise: [noise] })).toBe(false);
});

test("what is said as a step ends is of that step, whenever it is read", () => {
  const begun = ["link", "loss@1", "loss@2"];
  const lines = ["boot", marked("link"), "up", marked("loss@1"), "lost", marked("loss@2"), "again"];
  const steps = betweenMarks(lines).map((between) => stepBetween(between, begun));
  const said = lines.flatMap((line, at) => (line.startsWith("[") ? [] : [[line, steps[at]]]));
  expect(said).toEqual([
    ["boot", undefined],
    ["up", "link"],
    ["lost", "loss@1"],
    ["again", "loss@2"],
  ]);
});

test("where a machine has not answered nobody knows the step", () => {
  const begun = ["link", "pause", "look", "end"];
  const steps = (lines: string[], unmarked: string[] = []) =>
    betweenMarks(lines).map((between) => stepBetween(between, begun, new Set(unmarked)));
  expect(steps([marked("link"), "of one of two", marked("look")])).toEqual([
    ...[undefined, undefined, "look"],
  ]);
  expect(steps([marked("look"), "of one of two"], ["end"])).toEqual([undefined, undefined]);
  expect(steps(["of one of two", marked("look")], ["pause"])).toEqual([undefined, "look"]);
  // Both marks came out when the machine went on: what stands before them was said in any of three steps.
  const late = [marked("pause"), "of one of three", marked("look"), "x", marked("end"), "y"];
  expect(steps(late, ["look", "end"])).toEqual([undefined, ...Array(5).fill(undefined)]);
  expect(steps(["nothing is marked"])).toEqual([undefined]);
  expect(steps([marked("unknown"), "x"])).toEqual([undefined, undefined]);
});

test("a kernel that has ended said the last of it in the step that was its last", () => {
  const begun = ["link", "kill", "look", "end"];
  const lines = [marked("link"), marked("kill"), "dying"];
  expect(betweenMarks(lines).map((between) => stepBetween(between, begun))).toEqual([
    ...["link", "kill", "kill"],
  ]);
});

test("a kernel that boots during a step says all of it there, up to its first mark", () => {
  const begun = ["kill", "restart", "look"];
  const lines = ["booting", "an error", marked("look"), "later"];
  expect(betweenMarks(lines).map((between) => stepBetween(between, begun))).toEqual([
    ...["restart", "restart"],
    ...["look", "look"],
  ]);
});

test("all machines that are on are marked, and one that does not answer is told of", async () => {
  const asked: [string, string, ExecOptions][] = [];
  const { signal } = new AbortController();
  const vm = (name: string) => ({
    ssh: {
      check: async (command: string, options: ExecOptions) => {
        asked.push([name, command, options]);
        if (name === "host") throw new Error("the host does not answer");
      },
    },
  });
  const lab = { vm, signal } as unknown as RunningLab;
  expect(await markStep(lab, ["host", "endpoint"], "loss", 3)).toEqual(["host"]);
  expect(asked.map(([name, command]) => [name, command])).toEqual([
    ["host", "echo '<14>ntb-edma-lab: the step loss begins' > /dev/kmsg"],
    ["endpoint", "echo '<14>ntb-edma-lab: the step loss begins' > /dev/kmsg"],
  ]);
  expect(asked[0]?.[2]).toMatchObject({ ms: 15_000, signal });
});
