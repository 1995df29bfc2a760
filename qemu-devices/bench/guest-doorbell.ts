// SPDX-License-Identifier: MIT
/**
 * From a doorbell that the host's kernel rings to the interrupt handler in the endpoint's kernel, with
 * unmodified drivers: ntb_hw_epf writes the embedded doorbell, and the first thing that dw-edma's
 * handler does about it is a zero to the eDMA's interrupt clear registers. Both QEMUs trace these
 * writes with the machine's clock.
 */
import { join } from "node:path";
import type { Artifacts } from "../../orchestrator/artifacts.ts";
import { chooseAccelerator, tryKvm } from "../../orchestrator/lab/accelerator.ts";
import { type RunningLab, startLab } from "../../orchestrator/lab/lab.ts";
import { machineFacts } from "../../orchestrator/lab/machine-facts.ts";
import { readPlan } from "../../orchestrator/run/read-plan.ts";
import type { PlannedStep, VariantPlan } from "../../orchestrator/scenario/plan.ts";
import { stepKinds } from "../../orchestrator/steps/registry.ts";
import { timestamps } from "./doorbell.ts";
import type { Measurement } from "./measurement.ts";
import { type TracedEvent, tracedEvents } from "./trace-log.ts";

const event = "dwc_edma_write";
const rung = /^dwc_edma_write 0x00a0 .* link 1$/;
/** The write channels' register: `dw_edma_v0_core_ack_emulated_irq` writes it first. */
const handled = /^dwc_edma_write 0x0058 size 4: 0x00000000 link 0$/;

export interface GuestDoorbellRequest {
  readonly artifacts: Artifacts;
  readonly scenarioFile: string;
  /** How many packets the host sends, each of which rings. */
  readonly packets: number;
  /** Where consoles and logs go. */
  readonly out: string;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export async function measureGuestDoorbells(request: GuestDoorbellRequest): Promise<Measurement[]> {
  const { artifacts, out, signal, progress, packets } = request;
  const plan = readPlan(request.scenarioFile).variants.find(
    ({ variant }) => variant === "embedded",
  );
  if (!plan) throw new Error(`expected a variant "embedded" in ${request.scenarioFile}`);
  const { accelerator } = await chooseAccelerator("auto", machineFacts(), () =>
    tryKvm(plan, artifacts, out, signal),
  );
  progress("two VMs with the embedded doorbell");
  const setup = { plan, artifacts, accelerator, out, signal, timeScale: 4 };
  const started = await startLab({ ...setup, extraArguments: timestamps });
  try {
    const lab = await started.running();
    for (const step of stepsUpTo(plan, "wait-for-link")) await run(step, lab, plan, progress);
    progress(`${packets} packets, each with a doorbell`);
    await trace(lab, true);
    const params = { count: packets, "interval-ms": 5 };
    const ping = { id: "ping", name: "ping", kind: "ping", as: "ping", params };
    await run({ ...ping, timeoutMs: undefined }, lab, plan, progress);
    await trace(lab, false);
    return [{ ...(await latencies(out, packets)), tail: true }];
  } finally {
    await started.close();
  }
}

function stepsUpTo(plan: VariantPlan, kind: string): readonly PlannedStep[] {
  const last = plan.steps.findIndex((step) => step.kind === kind);
  if (last < 0) throw new Error(`expected a step ${kind} in the scenario`);
  return plan.steps.slice(0, last + 1);
}

async function run(
  step: PlannedStep,
  lab: RunningLab,
  plan: VariantPlan,
  progress: (text: string) => void,
): Promise<void> {
  const kind = stepKinds.get(step.kind);
  if (!kind) throw new Error(`no step kind "${step.kind}"`);
  await kind.run(step, { lab, plan, limitMs: kind.limitMs(step) * 4, progress });
}

async function trace(lab: RunningLab, enable: boolean): Promise<void> {
  for (const vm of [lab.vm("host"), lab.vm("endpoint")]) {
    await vm.qmp.execute("trace-event-set-state", { name: event, enable });
  }
}

async function latencies(out: string, atLeast: number) {
  const writes = await tracedEvents(join(out, "host-qemu.log"), rung, atLeast);
  const acknowledged = await tracedEvents(join(out, "endpoint-qemu.log"), handled, 1);
  return { name: "doorbell.write-to-handler", unit: "us", samples: match(writes, acknowledged) };
}

/** For each run of the handler the first doorbell since the last run: those after it came too late to wait. */
export function match(writes: readonly TracedEvent[], handled: readonly TracedEvent[]): number[] {
  const samples: number[] = [];
  let next = 0;
  for (const { us } of handled) {
    const first = writes[next];
    if (first !== undefined && first.us <= us) samples.push(us - first.us);
    while ((writes[next]?.us ?? Number.POSITIVE_INFINITY) <= us) next++;
  }
  return samples;
}
