// SPDX-License-Identifier: MIT
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import { attributesSchema, type EndpointFunction, functionName } from "../scenario/function.ts";
import { pattern } from "../scenario/pattern.ts";
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import { linkOf, linksNamed, type MachineName } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import {
  configureScript,
  directoryOf,
  type FunctionPart,
  functionParts,
  notThere,
  portsOf,
} from "./function-script.ts";
import { errorsDuring, withoutErrors } from "./kernel-errors.ts";
import { ofLinkNamed } from "./network.ts";
import {
  defineStep,
  execOptions,
  type GuestCommand,
  inGuest,
  type StepContext,
} from "./step-kind.ts";

/** What configfs had to say once the function stood. */
export interface ConfigureFunctionEvidence {
  readonly controller: string;
  readonly driver: string;
  /** The words with which the kernel refused it, where it had to. */
  readonly refused?: string;
}

const schema = z.strictObject({
  link: linkField,
  function: functionName.describe("One of the scenario's `functions`; without it, `function`."),
  until: z
    .enum(functionParts)
    .default("started")
    .describe(
      "How far: `made` with its attributes, `bound` to the controller, or `started`. What stands already is left as it is.",
    ),
  attributes: attributesSchema.describe(
    "Attributes that are written beside those of the function, also to one that stands.",
  ),
  settings: attributesSchema.describe("The same for the driver's own group."),
  refused: pattern
    .optional()
    .describe(
      "The kernel has to refuse it, and what it says has to match in some line: what configfs returned, or its log at error level.",
    ),
});
type Params = z.output<typeof schema>;

/** All of the scenario's `function`, as it is where nothing else is said, at the endpoint of a link. */
export function wholeOf(link?: string): Params {
  return schema.parse({ link });
}

const what = "configuring the endpoint function";

export function configureCommand(plan: VariantPlan, params: Params = wholeOf()): GuestCommand {
  const { function: name, until, attributes, settings } = params;
  const link = linkOf(plan.topology, params.link);
  const ports = portsOf(plan.topology, link);
  const change = { until, attributes, settings, ports };
  return {
    on: link.endpoint,
    what,
    script: configureScript(functionOf(plan, name), directoryOf(name), change),
  };
}

export async function configure(
  context: StepContext,
  params: Params = wholeOf(),
): Promise<ConfigureFunctionEvidence> {
  const command = configureCommand(context.plan, params);
  const { driver } = functionOf(context.plan, params.function);
  if (params.refused !== undefined) return refusal(context, command, driver, params.refused);
  const work = () => inGuest(context, command);
  const controller = await withoutErrors(command.on, what, context, work);
  return { controller: controller.trim(), driver };
}

/** Has the kernel refuse it, by what configfs returns or by an error in its log. */
async function refusal(
  context: StepContext,
  { on, script }: GuestCommand,
  driver: string,
  wanted: string,
): Promise<ConfigureFunctionEvidence> {
  const run = () => context.lab.vm(on).ssh.run(script, execOptions(context, what));
  const { value, errors } = await errorsDuring(on, context, run);
  const { status, stdout, stderr } = value;
  if (status === notThere) {
    throw new GuestError(
      `expected the kernel to refuse it (${wanted}), and it could not be tried: ${stderr.trim()}`,
    );
  }
  const said = [...(status === 0 ? [] : [stderr.trim()]), ...errors].join("\n");
  if (said === "") {
    throw new GuestError(`expected the kernel to refuse it (${wanted}), and it took all of it`);
  }
  if (!new RegExp(wanted, "m").test(said)) {
    throw new GuestError(`expected the kernel to refuse it by ${wanted}, got: ${said}`);
  }
  return { controller: status === 0 ? stdout.trim() : "", driver, refused: said };
}

/** What the kernel has to have for a function to be made. */
function needsOf({ driver, settings }: EndpointFunction, endpoint: MachineName) {
  const namesBars = Object.keys(settings).some((name) => /^(ctrl|db|mw\d+)_bar$/.test(name));
  return { [endpoint]: [driver, ...(namesBars ? ["vntb-bar-names"] : [])] };
}

const untilTitle: Readonly<Record<FunctionPart, string>> = {
  made: "Make",
  bound: "Bind",
  started: "Configure",
};

export const configureFunction = defineStep({
  kind: "configure-function",
  summary:
    "makes an endpoint function in configfs as the scenario says, binds it to the controller and starts that, or a part of this",
  schema,
  limitMs: () => 15_000,
  title: ({ function: name, link, until, refused }) =>
    `${untilTitle[until]} the endpoint function${name === undefined ? "" : ` "${name}"`}${ofLinkNamed(link)}` +
    (refused === undefined ? "" : ", which the kernel refuses"),
  functions: ({ function: name }) => [name],
  moves: ({ function: name, link, until, refused }, topology) =>
    until === "made" || refused !== undefined
      ? []
      : linksNamed(topology, link).map((one) => ({
          machine: one.endpoint,
          binds: { function: name, link: one.name },
        })),
  needs: ({ function: name, link }, plan) =>
    needsOf(functionOf(plan, name), linkOf(plan.topology, link).endpoint),
  commands: (params, plan) => [configureCommand(plan, params)],
  run: (params, context) => configure(context, params),
});
