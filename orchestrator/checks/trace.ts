// SPDX-License-Identifier: MIT
import * as z from "zod";
import { pattern } from "../scenario/pattern.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { defineCheck, NothingToJudge } from "./check-kind.ts";
import type { FoundEvent } from "./findings.ts";
import { stepOf } from "./step-field.ts";

const name = z
  .string()
  .regex(/^dwc_[\w*]+$/, { error: "expected the name of a trace event, such as dwc_iatu_write" })
  .describe("The event's name; `*` stands for anything.");
const says = pattern.optional().describe("What the event's name and arguments must match.");
const on = machineField("The VM whose device it is; without it, any.").optional();

const schema = z.strictObject({
  of: stepOf().optional(),
  event: name,
  says,
  on,
  min: z
    .int()
    .min(0)
    .optional()
    .describe("How many there are at least: 1, where neither `max` nor `min` is given."),
  max: z.int().min(0).optional().describe("How many there are at most."),
  "followed-by": z
    .array(z.strictObject({ event: name, says, on }))
    .default([])
    .describe(
      "Events that come behind: the first of each, in this order, and each of them once at least.",
    ),
});
type Wanted = Pick<z.output<typeof schema>, "event" | "says" | "on">;

export const trace = defineCheck({
  kind: "trace",
  summary: "a device's trace events came so often, and in this order",
  schema,
  traces: ({ event, "followed-by": later }) => [event, ...later.map((one) => one.event)],
  judge: (params, { trace: events }) => {
    if (!events) throw new NothingToJudge("the devices' trace events were not written");
    const { of, min = params.max === undefined ? 1 : 0, max, "followed-by": later } = params;
    const looked = of === undefined ? events : events.filter(({ step }) => isOf(step, of));
    const count = looked.filter((event) => fits(event, params)).length;
    const bounds = [`at least ${min}`, ...(max === undefined ? [] : [`at most ${max}`])].join(", ");
    const what = describe(params);
    const disorder = later.length === 0 ? undefined : outOfOrder(looked, [params, ...later]);
    const order = later.map((one) => `, then ${describe(one)}`).join("");
    return {
      measured: count,
      expected: bounds + order,
      unit: "events",
      reason:
        count < min
          ? `${count} events ${what}, expected ${bounds}`
          : max !== undefined && count > max
            ? `${count} events ${what}, expected ${bounds}; the one too many is: ${nth(looked, params, max)}`
            : disorder,
    };
  },
});

/** A step of rounds has its number behind its name. */
function isOf(step: string | undefined, of: string): boolean {
  return step === of || step?.startsWith(`${of}@`) === true;
}

function fits({ name, text, on }: FoundEvent, wanted: Wanted): boolean {
  const glob = new RegExp(`^${wanted.event.replaceAll("*", ".*")}$`);
  const says = wanted.says === undefined || new RegExp(wanted.says).test(text);
  return glob.test(name) && says && (wanted.on === undefined || wanted.on === on);
}

function nth(events: readonly FoundEvent[], wanted: Wanted, index: number): string {
  return events.filter((event) => fits(event, wanted))[index]?.text ?? "";
}

function describe({ event, says, on }: Wanted): string {
  return [
    event,
    ...(says === undefined ? [] : [`(${says})`]),
    ...(on ? [`on the ${on}`] : []),
  ].join(" ");
}

/** What is wrong with the order of the first of each; undefined where nothing is. */
function outOfOrder(events: readonly FoundEvent[], wanted: readonly Wanted[]): string | undefined {
  const firsts: number[] = [];
  for (const one of wanted) {
    // An event is one of them, also where it fits several.
    firsts.push(events.findIndex((event, at) => !firsts.includes(at) && fits(event, one)));
  }
  for (const [index, one] of wanted.entries()) {
    if (firsts[index] === -1) return `no event ${describe(one)}`;
    const before = wanted[index - 1];
    if (before && (firsts[index] ?? 0) < (firsts[index - 1] ?? 0)) {
      return `${describe(one)} came before ${describe(before)}: ${events[firsts[index] ?? 0]?.text}`;
    }
  }
  return undefined;
}
