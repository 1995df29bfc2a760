// SPDX-License-Identifier: MIT
import type { Guests } from "../../artifacts.ts";
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import {
  type KernelChoices,
  wishesIdentity,
  withWishes,
} from "../../provision/kernel/kernel-choice.ts";
import { guestsThere, provision } from "../../provision/provision.ts";
import type { ProvisionEvent } from "../../provision/work/events.ts";
import { cancellable } from "../../run/cancellation.ts";
import { lacking } from "../../run/needs.ts";
import { readPlan } from "../../run/read-plan.ts";
import { listScenarios } from "../../scenario/catalogue.ts";
import type { Plan } from "../../scenario/plan.ts";
import { doubtsIn } from "../../steps/doubts.ts";
import { type Flags, flagRows, flagsOrHelp, helpFlag } from "../flags/flags.ts";
import { kernelChoices, kernelFlags, kernelHelp } from "../flags/kernel-flags.ts";
import { fileOf } from "../flags/scenario-choice.ts";
import { kernelOf } from "./list.ts";

const ownFlags = {
  set: {
    type: "string",
    value: "KEY=VALUE",
    multiple: true,
    help: "look at the scenario with this laid over it, as a run with the same flag would",
  },
  "files-only": {
    type: "boolean",
    help: "look at the files alone, and at no kernel: needs none, and no network",
  },
  ...helpFlag,
} as const satisfies Flags;

const help = () => `usage: ntb-edma-lab check [FILE.yaml|NAME]... [FLAGS]

Reads scenarios and says what is wrong in them: file, line, column, what was expected, and what is near; what of their scripts is
doubtful, for "not found" and "could not look" are alike in it; and what their kernels lack of what they need. Runs nothing, and builds no kernel but those that flags ask for. Without a name, all scenarios of the project.

${flagRows(ownFlags)}
Kernels, which are built where the cache does not have them:
${kernelHelp}
Exit status: 0 nothing is wrong, 2 something is, 125 the files are right, but some kernel that is wanted is not built yet,
so that nobody can say what it lacks.
`;

/** `check`: what is wrong in scenario files, and what their kernels lack. */
export async function checkCommand(args: readonly string[]): Promise<number> {
  const asked = flagsOrHelp(args, { ...ownFlags, ...kernelFlags }, help);
  if (asked === undefined) return 0;
  const { values, positionals } = asked;
  const given =
    positionals.length > 0
      ? positionals.map(fileOf)
      : listScenarios(scenarioDirectory).map(({ name, file }) => ({ name, file }));
  const build = Object.keys(kernelFlags).some((flag) => Object.hasOwn(values, flag));
  const filesOnly = values["files-only"] === true;
  if (filesOnly && build) {
    throw new UsageError("--files-only looks at no kernel: leave the flags that choose one away");
  }
  const kernels = new KernelsOf(kernelChoices(values), build);
  let wrong = 0;
  const unseen: string[] = [];
  for (const { name, file } of given) {
    try {
      const plan = readPlan(file, { set: values.set ?? [] });
      const guests = filesOnly ? undefined : await kernels.guests(plan);
      const lacks = guests ? await lacking(plan.variants, guests) : [];
      process.stdout.write(`${name}: ${sizeOf(plan)}\n`);
      for (const doubt of doubtsAbout(plan)) process.stderr.write(`${name}: ${doubt}\n`);
      if (!guests && !filesOnly) unseen.push(name);
      for (const lack of lacks) process.stderr.write(`${name} cannot run: ${lack}\n`);
      if (lacks.length > 0) wrong++;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
      wrong++;
    }
  }
  if (unseen.length > 0) {
    process.stderr.write(
      `could not look, for the kernels are not built yet: what is needed of them by ${unseen.join(", ")}; "ntb-edma-lab build ${unseen.join(" ")}" builds them, and --files-only asks none\n`,
    );
  }
  if (wrong > 0) return 2;
  return unseen.length > 0 ? 125 : 0;
}

/** What is no mistake of the file's, and may hide one: each once, of whatever variants. */
function doubtsAbout({ variants }: Plan): string[] {
  const doubts = variants.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      doubtsIn(step).map(
        (why) =>
          `doubtful: the step "${step.id}": ${why}; see docs/scenarios.md, "Commands in the guests"`,
      ),
    ),
  );
  return [...new Set(doubts)];
}

/** What plans would boot; those that ask for the same fragments boot the same. */
class KernelsOf {
  readonly #choices: KernelChoices;
  readonly #build: boolean;
  readonly #guests = new Map<string, Promise<Guests | undefined>>();

  constructor(choices: KernelChoices, build: boolean) {
    this.#choices = choices;
    this.#build = build;
  }

  guests(plan: Plan): Promise<Guests | undefined> {
    const key = wishesIdentity(plan);
    const known = this.#guests.get(key);
    if (known !== undefined) return known;
    const kernels = withWishes(this.#choices, plan);
    const found = cancellable(async (signal) => {
      if (!this.#build) return guestsThere(kernels, signal);
      return (await provision({ kernels }, { signal, progress: tell })).guests;
    });
    this.#guests.set(key, found);
    return found;
  }
}

function tell(event: ProvisionEvent): void {
  if (event.type === "task-started") process.stderr.write(`${event.task.title} ...\n`);
}

/** `2 variants, 14 steps, 5 checks` for one that is fine. */
function sizeOf(plan: Plan): string {
  const { variants, programs, hostArchitecture } = plan;
  const kernel = kernelOf(plan);
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const steps = variants.reduce((sum, variant) => sum + variant.steps.length, 0);
  const checks = variants.reduce((sum, variant) => sum + variant.checks.length, 0);
  return [
    ...(variants.length > 1 ? [count(variants.length, "variant")] : []),
    count(steps, "step"),
    count(checks, "check"),
    ...(kernel === "" ? [] : [kernel]),
    ...(hostArchitecture === "arm64" ? [] : [`host of ${hostArchitecture}`]),
    ...(programs.length > 0 ? [`image with ${programs.join(", ")}`] : []),
  ].join(", ");
}
