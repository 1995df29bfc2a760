// SPDX-License-Identifier: MIT
import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { suspendedTimeScale } from "../../lab/gdb.ts";
import { type Inspection, usualTrace } from "../../lab/inspection.ts";
import {
  type AcceleratorWish,
  acceleratorWishes,
  kvmHindrance,
  machineFacts,
  noKvm,
} from "../../lab/machine-facts.ts";
import { callerDirectory } from "../../project.ts";
import { type KernelChoices, timeScaleOf } from "../../provision/kernel/kernel-choice.ts";
import type { RunSettings } from "../../run/several/run-on-terminal.ts";
import { largestSeed } from "../../scenario/topology/topology.ts";
import { count, oneOf, positiveNumber, wholeNumber } from "./flags.ts";
import { kernelChoices } from "./kernel-flags.ts";
import { qemuChoice } from "./qemu-flag.ts";
import { runWords, type ScenarioValues } from "./scenario-flags.ts";

/** How a command line wants runs to be made and reported. Throws UsageError for a value that cannot be. */
export async function runSettings(
  values: ScenarioValues,
  history: string,
  kernels = kernelChoices(values),
): Promise<RunSettings> {
  const seeds = values.seeds === undefined ? undefined : seedRange(values.seeds);
  const repeat = count("repeat", values.repeat ?? String(seeds?.length ?? 1));
  if (seeds && (repeat !== seeds.length || values.seed !== undefined)) {
    throw new UsageError(
      `--seeds ${values.seeds} makes ${seeds.length} runs: leave --repeat and --seed away`,
    );
  }
  if ((seeds || repeat > 1) && values.retries !== undefined) {
    throw new UsageError(`expected ${seeds ? "--seeds" : "--repeat"} or --retries, got both`);
  }
  if (values.keep && (repeat > 1 || values.retries !== undefined)) {
    throw new UsageError("--keep keeps the VMs of one run: leave --repeat and --retries away");
  }
  return {
    history,
    repeat,
    ...(seeds ? { seeds } : {}),
    inspection: inspection(values),
    accelerator: accelerator(values.accel ?? "auto"),
    label: values.label ?? "",
    kernels,
    qemu: qemuChoice(values),
    build: values["no-build"] !== true,
    timeoutScale: timeoutScale(values, kernels),
    retries: wholeNumber("retries", values.retries ?? "0"),
    failOnFlaky: values["fail-on-flaky"] === true,
    ...(values.bundle ? { after: bundling(values, kernels) } : {}),
    ...(values.compare === undefined ? {} : { compare: await comparison(values.compare) }),
  };
}

function bundling(
  values: ScenarioValues,
  kernels: KernelChoices,
): NonNullable<RunSettings["after"]> {
  return async (run) => {
    const { bundleOf } = await import("../../run/several/bundle-of.ts");
    // Of several runs it is one that is packed, with the seed that it had.
    const { seed } = run.result;
    const words = runWords(seed === undefined ? values : { ...values, seed: String(seed) });
    run.say(`bundle: ${await bundleOf(run, kernels, words)}`);
  };
}

/** `3..7`. */
function seedRange(given: string): number[] {
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(given) ?? [];
  const [first, last] = [Number(from), Number(to)];
  const isRange = from !== undefined && first >= 1 && last >= first;
  if (!isRange || last > largestSeed || last - first >= mostSeeds) {
    throw new UsageError(
      `--seeds: expected FIRST..LAST such as 1..100, from 1 to ${largestSeed} and at most ${mostSeeds} of them, got "${given}"`,
    );
  }
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

const mostSeeds = 10_000;

async function comparison(file: string) {
  const { comparisonWith } = await import("./compared-run.ts");
  return comparisonWith(resolve(callerDirectory(), file));
}

/** What is known to be impossible is told before anything is built. */
function accelerator(given: string): AcceleratorWish {
  const wish = oneOf("accel", given, acceleratorWishes);
  const hindrance = wish === "kvm" ? kvmHindrance(machineFacts()) : undefined;
  if (hindrance !== undefined) throw new UsageError(noKvm(hindrance));
  return wish;
}

function inspection(values: ScenarioValues): Inspection {
  const events = values["trace-events"];
  const trace = events ?? (values.trace ? usualTrace : undefined);
  const { gdb } = values;
  return {
    keep: values.keep === true,
    pcap: values.pcap === true,
    ...(gdb ? { gdb } : {}),
    ...(trace ? { trace } : {}),
  };
}

/** What a person says, or what the kernels need. */
export function timeoutScale(values: ScenarioValues, kernels: KernelChoices): number {
  if (values.gdb !== undefined) return suspendedTimeScale;
  const given = values["timeout-scale"];
  return given === undefined ? timeScaleOf(kernels) : positiveNumber("timeout-scale", given);
}
