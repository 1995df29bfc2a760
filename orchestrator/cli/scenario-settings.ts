// SPDX-License-Identifier: MIT
import { resolve } from "node:path";
import { positiveNumber, wholeNumber } from "./flags.ts";
import { kernelChoices } from "./kernel-flags.ts";
import { callerDirectory } from "./project.ts";
import type { RunSettings } from "./run-on-terminal.ts";
import type { ScenarioValues } from "./scenario-flags.ts";

/** How a command line wants runs to be made and reported. Throws UsageError for a value that cannot be. */
export async function runSettings(values: ScenarioValues, history: string): Promise<RunSettings> {
  return {
    history,
    kernels: kernelChoices(values),
    timeoutScale: positiveNumber("timeout-scale", values["timeout-scale"] ?? "1"),
    retries: wholeNumber("retries", values.retries ?? "0"),
    failOnFlaky: values["fail-on-flaky"] === true,
    ...(values.compare === undefined ? {} : { compare: await comparison(values.compare) }),
  };
}

async function comparison(file: string) {
  const { comparisonWith } = await import("./comparison.ts");
  return comparisonWith(resolve(callerDirectory(), file));
}
