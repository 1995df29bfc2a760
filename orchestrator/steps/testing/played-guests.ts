// SPDX-License-Identifier: MIT

import type { ExecOptions } from "../../lab/ssh.ts";
import type { ControllerStats } from "../../lab/stats.ts";
import { countersOf } from "../../lab/testing/counters.ts";
import { passingTime } from "../../lab/testing/passing-time.ts";
import type { PlannedStep, VariantPlan } from "../../scenario/plan.ts";
import type { MachineName } from "../../scenario/topology/graph.ts";
import { topologySchema } from "../../scenario/topology/topology.ts";
import type { StepContext, StepKind } from "../step-kind.ts";

/** What a guest prints when it is asked for something, by a word of that (`what` of the command). */
export type Answers = Readonly<Record<string, string | ((role: MachineName) => string)>>;

interface Played {
  readonly answers?: Answers;
  readonly plan?: Partial<VariantPlan>;
  readonly limitMs?: number;
  /** The controller's counters, at each reading. */
  readonly stats?: () => Partial<ControllerStats>;
  /** The link's state when it is looked at, one look after the other; then it is up, or, without any, once the function is plugged in. */
  readonly states?: readonly string[];
  /** What else the host's QEMU is asked over QMP, and answers. */
  readonly qmp?: object;
  readonly directory?: string;
}

/**
 * A lab whose guests answer as told, and what was asked of it, in order. A guest that is asked for something else prints
 * nothing.
 */
export function playedGuests({ answers = {}, plan = {}, limitMs = 5000, ...played }: Played = {}) {
  const happened: string[] = [];
  const said: string[] = [];
  const scripts = new Map<string, string>();
  const answer = (role: MachineName, script: string, { what }: ExecOptions) => {
    happened.push(`${role}: ${what}`);
    scripts.set(`${role}: ${what}`, script);
    const [, text = ""] = Object.entries(answers).find(([word]) => what.includes(word)) ?? [];
    const stdout = typeof text === "string" ? text : text(role);
    return { status: 0, stdout, stderr: "", ms: 1, command: script };
  };
  const guest = (role: MachineName) => ({
    ssh: {
      check: async (script: string, options: ExecOptions) => answer(role, script, options),
      run: async (script: string, options: ExecOptions) => answer(role, script, options),
      background: async (script: string, ready: string, options: ExecOptions) => {
        happened.push(`${role}: ${options.what}, until "${ready}"`);
        return { ended: undefined, stop: async () => answer(role, script, options) };
      },
    },
    qmp: played.qmp,
  });
  const guests = new Map<MachineName, ReturnType<typeof guest>>();
  const vm = (name: MachineName) => {
    const found = guests.get(name) ?? guest(name);
    guests.set(name, found);
    return found;
  };
  const states = [...(played.states ?? [])];
  let plugged = played.states !== undefined;
  const link = {
    stats: async () => countersOf(played.stats?.()),
    state: async () => {
      const state = states.shift();
      if (state !== undefined) happened.push(`the link is ${state}`);
      return state ?? (plugged ? "up" : "waiting");
    },
    train: async () => void happened.push("the link is trained"),
    attachFunction: async () => {
      plugged = true;
      happened.push("the function is plugged in");
    },
  };
  const lab = {
    ...{ vm, link: () => link },
    ...{ signal: new AbortController().signal, directory: played.directory ?? "" },
    ...passingTime,
    restart: async (role: MachineName) => void happened.push(`the ${role} is started again`),
  };
  const progress = (text: string) => void said.push(text);
  const topology = { ...topologySchema.parse({}), ...plan.topology };
  const whole = { steps: [], ...plan, topology };
  const context = { lab, plan: whole, limitMs, progress } as unknown as StepContext;
  return { context, happened, said, scripts };
}

/** A step of this kind with these fields, as a plan has it. */
export function stepOf(kind: StepKind, fields: object = {}): PlannedStep {
  return { params: kind.schema.parse(fields) } as unknown as PlannedStep;
}
