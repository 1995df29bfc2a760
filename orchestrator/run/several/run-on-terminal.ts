// SPDX-License-Identifier: MIT
import { relative } from "node:path";
import type { Artifacts } from "../../artifacts.ts";
import type { Inspection } from "../../lab/inspection.ts";
import type { AcceleratorWish } from "../../lab/machine-facts.ts";
import { labRevision } from "../../project.ts";
import type { KernelChoices } from "../../provision/kernel/kernel-choice.ts";
import type { QemuChoice } from "../../provision/qemu/choice.ts";
import type { Reporter } from "../../report/events.ts";
import { resultReporters, runReporters } from "../../report/file-reporters.ts";
import type { Memory } from "../../report/report.ts";
import type { RunResult } from "../../report/result.ts";
import { type Screen, screenOn } from "../../report/screen.ts";
import { terminalReporter } from "../../report/terminal.ts";
import type { Plan } from "../../scenario/plan.ts";
import type { Provision, RunRequest } from "../request.ts";
import { runPlan } from "../run.ts";
import { reproducingSeed, withSeed } from "../seeds.ts";
import { attempts } from "./attempts.ts";
import { provisionBy } from "./provision-first.ts";
import { inOwnDirectory } from "./run-directory.ts";

/** How a person wants runs to be made and reported. */
export interface RunSettings extends Memory {
  readonly timeoutScale: number;
  readonly kernels: KernelChoices;
  readonly qemu: QemuChoice;
  /** What the cache lacks is built, which is the default. */
  readonly build?: boolean;
  readonly accelerator: AcceleratorWish;
  /** How many runs are to pass. */
  readonly repeat: number;
  /** A seed for each of them. */
  readonly seeds?: readonly number[];
  /** How often a run that did not pass is made again. */
  readonly retries: number;
  readonly failOnFlaky: boolean;
  /** A scenario that the kernels cannot run is skipped; otherwise whoever named it is told. */
  readonly skipUnmetNeeds?: boolean;
  readonly inspection: Inspection;
  /** Takes over the VMs at the end. */
  readonly keep?: RunRequest["keep"];
  /** Does more with a run once its reports are written. */
  readonly after?: (run: RunOnTerminal) => Promise<void>;
}

/** A run that is over. */
export interface RunOnTerminal {
  readonly plan: Plan;
  readonly out: string;
  readonly result: RunResult;
  /** Absent when something could not be built. */
  readonly artifacts: Artifacts | undefined;
  /** Says a line more to the person. */
  readonly say: (text: string) => void;
}

/** Where a run is told, and what runs beside it. */
export interface Surroundings {
  readonly screen: Screen;
  /** What lines of a run that has others beside it begin with. */
  readonly head?: string;
  /** How many runs are made at a time, this one among them. */
  readonly jobs: number;
  /** How many of the plan's own runs (`repeat`) are made at a time. */
  readonly atOnce: number;
  /** Has what it boots; where this is not given, by building what the cache lacks. */
  readonly provision?: Provision;
}

function alone(): Surroundings {
  return { screen: screenOn(process.stdout), jobs: 1, atOnce: 1 };
}

/** Runs a plan with all reporters and resolves with its exit status. */
export async function runOnTerminal(
  plan: Plan,
  out: string,
  settings: RunSettings & { readonly reproduce: string },
  signal: AbortSignal,
  surroundings: Surroundings = alone(),
): Promise<number> {
  return inOwnDirectory(out, () => runInDirectory(plan, out, settings, signal, surroundings));
}

/** The same in a directory that the caller has for itself already. */
export async function runInDirectory(
  plan: Plan,
  out: string,
  settings: RunSettings & { readonly reproduce: string },
  signal: AbortSignal,
  surroundings: Surroundings = alone(),
): Promise<number> {
  const { screen, head = "", jobs, atOnce, provision = provisionBy(settings) } = surroundings;
  const { timeoutScale, accelerator, inspection, reproduce } = settings;
  const { repeat, retries, failOnFlaky } = settings;
  const terminal = () => terminalReporter(screen, head);
  let artifacts: Artifacts | undefined;
  const versions = { lab: await labRevision() };
  const say = (text: string) => screen.print(head + text);
  const complain = (text: string) =>
    screen.printOn(process.stderr, `${text} (${relative(process.cwd(), out)})`);
  const runOnce = (
    directory: string,
    reporters: readonly Reporter[],
    ends: AbortSignal,
    number: number,
    name?: string,
  ) => {
    const seed = settings.seeds?.[number - 1];
    const run =
      seed === undefined
        ? { plan, reproduce }
        : { plan: withSeed(plan, seed), reproduce: reproducingSeed(reproduce, seed) };
    const headOfRun = name === undefined ? head : `${head}${name} | `;
    return runPlan({
      ...{ ...run, timeoutScale, accelerator, inspection, complain, versions, jobs },
      signal: ends,
      skipUnmetNeeds: settings.skipUnmetNeeds === true,
      ...(settings.keep ? { keep: settings.keep } : {}),
      out: directory,
      provision: async (wanted, options) => {
        artifacts = await provision(wanted, options);
        return artifacts;
      },
      reporters: [
        ...[terminalReporter(screen, headOfRun), ...reporters],
        ...runReporters({
          ...{ out: directory, say: (text) => screen.print(headOfRun + text) },
          trace: inspection.trace !== undefined,
          pcap: inspection.pcap === true,
        }),
      ],
    });
  };
  const result = await attempts({
    ...{ out, repeat, atOnce, retries, failOnFlaky, signal, complain, runOnce },
    reporters: (kept) => resultReporters(kept ? settings : {}),
    terminal,
  });
  await settings.after?.({ plan, out, result, artifacts, say });
  return result.exitStatus;
}
