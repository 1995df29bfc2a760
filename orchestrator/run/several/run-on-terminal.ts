// SPDX-License-Identifier: MIT
import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import type { Artifacts } from "../../artifacts.ts";
import { UsageError } from "../../errors.ts";
import type { Inspection } from "../../lab/inspection.ts";
import type { AcceleratorWish } from "../../lab/machine-facts.ts";
import { labRevision } from "../../project.ts";
import { type KernelChoices, withFragments } from "../../provision/kernel/kernel-choice.ts";
import { provision } from "../../provision/provision.ts";
import type { QemuChoice } from "../../provision/qemu/choice.ts";
import type { Reporter } from "../../report/events.ts";
import { resultReporters, runReporters } from "../../report/file-reporters.ts";
import type { Memory } from "../../report/report.ts";
import { reporterOn } from "../../report/reporter-on.ts";
import type { RunResult } from "../../report/result.ts";
import type { Plan } from "../../scenario/plan.ts";
import type { RunRequest } from "../request.ts";
import { runPlan } from "../run.ts";
import { attempts } from "./attempts.ts";

/** How a person wants runs to be made and reported. */
export interface RunSettings extends Memory {
  readonly timeoutScale: number;
  readonly kernels: KernelChoices;
  readonly qemu: QemuChoice;
  readonly accelerator: AcceleratorWish;
  /** How many runs are to pass. */
  readonly repeat: number;
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
}

/** Runs a plan with all reporters and resolves with its exit status. */
export async function runOnTerminal(
  plan: Plan,
  out: string,
  settings: RunSettings & { readonly reproduce: string },
  signal: AbortSignal,
): Promise<number> {
  const { timeoutScale, accelerator, inspection, kernels, reproduce } = settings;
  const { repeat, retries, failOnFlaky } = settings;
  try {
    mkdirSync(out, { recursive: true });
  } catch (cause) {
    throw new UsageError(`could not make the directory ${out}: ${String(cause)}`, { cause });
  }
  const terminal = () => reporterOn(process.stdout);
  let artifacts: Artifacts | undefined;
  const versions = { lab: await labRevision() };
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const complain = (text: string) =>
    void process.stderr.write(`${text} (${relative(process.cwd(), out)})\n`);
  const runOnce = (directory: string, reporters: readonly Reporter[]) =>
    runPlan({
      ...{ plan, timeoutScale, accelerator, inspection, signal, complain, reproduce, versions },
      skipUnmetNeeds: settings.skipUnmetNeeds === true,
      ...(settings.keep ? { keep: settings.keep } : {}),
      out: directory,
      provision: async ({ configFragments }, options) => {
        const request = {
          kernels: withFragments(kernels, configFragments),
          qemu: settings.qemu,
        };
        artifacts = await provision(request, options);
        return artifacts;
      },
      reporters: [
        ...[terminal(), ...reporters],
        ...runReporters({
          ...{ out: directory, say },
          trace: inspection.trace !== undefined,
          pcap: inspection.pcap === true,
        }),
      ],
    });
  const result = await attempts({
    ...{ out, repeat, retries, failOnFlaky, signal, complain, runOnce },
    reporters: (kept) => resultReporters(kept ? settings : {}),
    terminal,
  });
  await settings.after?.({ plan, out, result, artifacts });
  return result.exitStatus;
}
