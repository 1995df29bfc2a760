// SPDX-License-Identifier: MIT

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { Artifacts } from "../../../artifacts.ts";
import { noInspection } from "../../../lab/inspection.ts";
import type { LabSetup, RunningLab, StartedLab } from "../../../lab/lab.ts";
import type { ExecOptions } from "../../../lab/ssh.ts";
import { countersOf } from "../../../lab/testing/counters.ts";
import { idleChannel } from "../../../lab/testing/idle-channel.ts";
import { passingTime } from "../../../lab/testing/passing-time.ts";
import { readyLine } from "../../../lab/vm.ts";
import { EventStream, type RunEvent } from "../../../report/events.ts";
import type { VariantPlan } from "../../../scenario/plan.ts";
import type { Role } from "../../../scenario/topology/graph.ts";
import { readPlan } from "../../read-plan.ts";
import { Journal } from "../journal.ts";
import { runVariant } from "../variant.ts";
import type { VariantSetup } from "../variant-setup.ts";

export let directory: string;
/** What was told, and what was asked of the guests and of the lab, since the test began. */
export let events: RunEvent[];
export let happened: string[];

/** To be called once by each file of tests: they share this module, and each of them has a beginning of its own. */
export function playVariants(): void {
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "variant-test-"));
    events = [];
    happened = [];
  });
  afterEach(() => rmSync(directory, { recursive: true }));
}

/** Two guests in which each command ends as `answer` says, and how their ends come. */
export interface Played {
  readonly answer?: (
    script: string,
    role: Role,
    limitMs: number,
  ) => { status?: number; stdout?: string };
  readonly start?: (setup: LabSetup) => Promise<void>;
  readonly running?: (lab: StartedLab) => Promise<void>;
  readonly problems?: readonly Error[];
  readonly consoles?: Partial<Record<Role, string[]>>;
  /** Is awaited before a controller's counters are told. */
  readonly counting?: () => Promise<void>;
  /** Whether the VMs are on at the end. */
  readonly on?: boolean;
}

/** How a kernel's log begins. */
export const booting = `<6>[    0.000000] Booting Linux\n`;

function startLabAs(played: Played) {
  return async (setup: LabSetup): Promise<StartedLab> => {
    const { signal } = setup;
    await played.start?.(setup);
    const guest = (role: Role) => {
      const answer = (script: string, { ms }: ExecOptions) => ({
        ...{ status: 0, stdout: script === "dmesg -r" ? booting : "", stderr: "", ms: 1 },
        ...{ command: script, ...played.answer?.(script, role, ms) },
      });
      const ssh = {
        run: async (script: string, options: ExecOptions) => {
          happened.push(`${role}: ${script}`);
          const result = answer(script, options);
          options.onOutput?.(result.stdout);
          return result;
        },
        check: async (script: string, options: ExecOptions) => {
          happened.push(`${role}: ${script}`);
          return answer(script, options);
        },
      };
      return { ssh };
    };
    const console = (role: Role) => {
      const lines = (played.consoles?.[role] ?? []).map((text, at) => ({ at, text }));
      return {
        file: join(directory, `${role}.log`),
        lines,
        formerLines: [],
        waitFor: async () => readyLine,
      };
    };
    const stats = countersOf({ write: [{ ...idleChannel, bytes: 5 }], msi: 2, msix: 1 });
    const lab = {
      ...passingTime,
      letTimePass: () => void happened.push("time passes"),
      ...{ vm: guest, signal, directory },
      consoles: { endpoint: console("endpoint"), host: console("host") },
      link: () => ({
        stats: async () => {
          await played.counting?.();
          return stats;
        },
      }),
      isOn: () => played.on ?? true,
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

/** The plan of a scenario with these steps and checks, in YAML. */
export function planOf(steps: string, checks: string, more = ""): VariantPlan {
  const file = join(directory, "mine.yaml");
  const text = `name: mine\ntitle: mine\ninclude: vntb\n${more}steps: [${steps}]\nchecks: [${checks}]\n`;
  writeFileSync(file, text);
  const [plan] = readPlan(file).variants;
  if (!plan) throw new Error("no variant");
  return plan;
}

/** A step, and a check that judges how it ended. */
export const look = "{ do: shell, as: look, on: host, run: look }";
export const looked = "{ check: command, id: looked, title: it was seen, of: look, status: 0 }";

/** Runs a variant in such guests, whose kernels are configured like that. */
export function runPlayed(
  played: Played,
  setup: Partial<VariantSetup> = {},
  plan = planOf(look, looked),
  configuration = "",
) {
  const config = join(directory, "config");
  writeFileSync(config, configuration);
  const guest = { kernel: { config, vmlinux: "", buildDir: "" }, facts: {}, debug: {} };
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

/** The phases of the run so far. */
export const phases = () =>
  events.flatMap((event) => (event.type === "phase-started" ? [event.phase] : []));
