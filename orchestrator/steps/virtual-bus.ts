// SPDX-License-Identifier: MIT
import { functionOf, type VariantPlan } from "../scenario/plan.ts";
import type { LinkEnds } from "../scenario/topology/graph.ts";
import { configureFunction } from "./configure-function.ts";

/** pci-epf-vntb's own, where nobody names another (epf_ntb_probe()). */
const unnamed = 0xff;

/**
 * The bus on which pci-epf-vntb presents the NTB of a link to its own machine, as that machine's PCI devices are named after it;
 * undefined where the machine has functions at that link alone, and so one NTB.
 */
export function virtualBusOf(plan: VariantPlan, link: LinkEnds): string | undefined {
  const bound = plan.steps
    .filter(({ kind }) => kind === configureFunction.kind)
    .flatMap(({ params }) => configureFunction.moves(params, plan.topology))
    .flatMap(({ machine, binds }) => (machine === link.endpoint && binds ? [binds] : []));
  const here = bound.find((one) => one.link === link.name);
  if (!here || bound.every((one) => one.link === link.name)) return undefined;
  const { vbus_number: bus = unnamed } = functionOf(plan, here.function).settings;
  return Number(bus).toString(16).padStart(2, "0");
}
