// SPDX-License-Identifier: MIT
import type { FoundEvent } from "../../checks/findings.ts";
import { checkKinds } from "../../checks/registry.ts";
import { traceEvents, traceLogs } from "../../lab/trace.ts";
import type { VariantPlan } from "../../scenario/plan.ts";

/** Patterns of the trace events that a variant's checks look at. */
export function tracedBy({ checks }: Pick<VariantPlan, "checks">): string[] {
  const all = checks.flatMap(({ kind, params }) => checkKinds.get(kind)?.traces(params) ?? []);
  return [...new Set(all)];
}

/** The events of both VMs' logs that match one of the patterns, in the order of time. A VM that had none may have no log. */
export async function readTrace(
  directory: string,
  patterns: readonly string[],
  stepAt: (at: number) => string | undefined,
): Promise<FoundEvent[]> {
  const names = new RegExp(`^(?:${patterns.join("|").replaceAll("*", ".*")})$`);
  const found: { at: number; event: FoundEvent }[] = [];
  for (const { machine, path } of await traceLogs(directory)) {
    for await (const { at, name, text } of traceEvents(path)) {
      if (!names.test(name)) continue;
      found.push({ at, event: { on: machine, name, text, step: stepAt(at) } });
    }
  }
  return found.sort((a, b) => a.at - b.at).map(({ event }) => event);
}
