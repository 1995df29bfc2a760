// SPDX-License-Identifier: MIT
import { isError, loggedSince, readLog } from "../lab/dmesg.ts";
import { GuestError } from "../lab/errors.ts";
import { knownErrors } from "../lab/known-errors.ts";
import { withoutTime } from "../lab/stack-trace.ts";
import { reasonIn } from "../scenario/known-noise.ts";
import type { MachineName } from "../scenario/topology/graph.ts";
import { execOptions, type StepContext } from "./step-kind.ts";

/** Errors that mean something in the scenario's own words. */
const hints: readonly [RegExp, (context: StepContext) => string | undefined][] = [
  [
    /MSI-X configuration failed/,
    ({ plan: { topology, function: main, functions } }) => {
      const without = topology.links.find(({ controller }) => controller.msix === "off");
      if (without) {
        const field = ["topology", ...without.at, "controller", "msix"].join(".");
        return `the controller has no MSI-X capability (${field} is off)`;
      }
      const all = [...(main ? [main] : []), ...Object.values(functions)];
      return all.some((fn) => fn["msix-interrupts"] === 0)
        ? "a driver that uses MSI-X wants one interrupt at least (function.msix-interrupts is 0)"
        : undefined;
    },
  ],
  [
    /MSI configuration failed/,
    () => "the controller takes a power of two up to 32 (function.msi-interrupts)",
  ],
];

/** Does `work`, and tells what the guest's kernel logged at error level meanwhile, without times. */
export async function errorsDuring<Value>(
  machine: MachineName,
  context: StepContext,
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly errors: readonly string[] }> {
  const log = async () => {
    const { ssh } = context.lab.vm(machine);
    return (await ssh.check(readLog, execOptions(context, "reading the kernel's log"))).stdout;
  };
  const before = await log();
  const value = await work();
  const errors = loggedSince(before, await log()).filter(isError);
  return { value, errors: errors.map(({ text }) => withoutTime(text)) };
}

/**
 * Does `work`, and throws GuestError when the guest's kernel logs an error meanwhile that `known-noise` does not name: drivers go on
 * with half of what they were told, and say so nowhere else.
 */
export async function withoutErrors<Value>(
  machine: MachineName,
  what: string,
  context: StepContext,
  work: () => Promise<Value>,
): Promise<Value> {
  const { value, errors } = await errorsDuring(machine, context, work);
  const noise = knownErrors(context.plan);
  const said = errors.filter(
    (text) => reasonIn(noise, machine, [text], context.step) === undefined,
  );
  const [first] = said;
  if (first === undefined) return value;
  const more = said.length > 1 ? `, and ${said.length - 1} more` : "";
  const hint = hints.find(([pattern]) => said.some((text) => pattern.test(text)))?.[1](context);
  throw new GuestError(
    `the ${machine}'s kernel said at error level while it was ${what}: ${first}${more}` +
      `${hint === undefined ? "" : `: ${hint}`}; known-noise names what may be`,
    [{ title: `${machine} VM: errors while it was ${what}`, lines: said }],
  );
}
