// SPDX-License-Identifier: MIT
import { connect } from "node:net";
import { resolve } from "node:path";
import { UsageError } from "../../errors.ts";
import { describeKept, joinKept, type KeptLab, keptLabs } from "../../lab/kept.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { callerDirectory } from "../../project.ts";
import { provision } from "../../provision/provision.ts";
import { requestOf } from "../../provision/request-of.ts";
import type { Reporter } from "../../report/events.ts";
import { screenOn } from "../../report/screen.ts";
import { terminalReporter } from "../../report/terminal.ts";
import { cancellable } from "../../run/cancellation.ts";
import { readPlan } from "../../run/read-plan.ts";
import { runPlan } from "../../run/run.ts";
import { inOwnDirectory, newDirectory } from "../../run/several/run-directory.ts";
import { suggestion } from "../../scenario/nearest.ts";
import { type Plan, type VariantPlan, withVariants } from "../../scenario/plan.ts";
import { allOf, type MachineName, namesOf } from "../../scenario/topology/graph.ts";
import { stamp } from "../../stamp.ts";
import { runSettings } from "../flags/run-settings.ts";
import { fileOf } from "../flags/scenario-choice.ts";
import { planOptions } from "../flags/scenario-flags.ts";
import { connectTerminal, guestTerminal } from "./guest-terminal.ts";
import type { ShellValues } from "./shell-flags.ts";
import { describe } from "./stop.ts";

interface ShellRequest {
  readonly machine: MachineName;
  readonly scenario: string | undefined;
  readonly values: ShellValues;
  readonly command: string | undefined;
}

/** Opens a shell in a guest of kept VMs, or of new ones, and resolves with the shell's exit status. */
export async function openShell(request: ShellRequest): Promise<number> {
  const [latest] = request.scenario === undefined ? keptLabs() : [];
  if (!latest) return inNewVms(request);
  const { values } = request;
  const boots = Object.keys(values)
    .filter((flag) => flag !== "monitor")
    .map((flag) => `--${flag}`);
  if (boots.length > 0) {
    throw new UsageError(
      `${boots.join(", ")}: these are for new VMs, but those of ${latest.scenario} are still up; name a scenario, or end them with "stop"`,
    );
  }
  if (!Object.hasOwn(latest.vms, request.machine)) {
    const up = Object.keys(latest.vms);
    throw new UsageError(
      `no VM "${request.machine}" of ${latest.scenario} is up; expected one of ${up.join(", ")} after "shell".${suggestion(request.machine, up)}`,
    );
  }
  say(`joining ${describe(latest)}`);
  return cancellable((signal) => enter(latest, request, signal));
}

async function inNewVms(request: ShellRequest): Promise<number> {
  const { scenario, values } = request;
  const { file } = fileOf(scenario ?? "smoke");
  const { variant, ...others } = values;
  const plan = onlyVariant(readPlan(file, planOptions(others)), variant, values.steps === true);
  expectMachine(request.machine, plan);
  const { accelerator, kernels, qemu, timeoutScale } = await runSettings(others, "");
  const out =
    values.out === undefined
      ? newDirectory(resolve(callerDirectory(), `runs/shell-${stamp()}`))
      : resolve(callerDirectory(), values.out);
  const terminal = terminalReporter(screenOn(process.stderr));
  let lab: StartedLab | undefined;
  const work = async (signal: AbortSignal) => {
    const result = await runPlan({
      ...{ plan, out, timeoutScale, accelerator, signal, complain: say },
      inspection: { keep: true },
      keep: (left) => {
        lab = left;
      },
      provision: (wanted, options) => provision(requestOf(wanted, { kernels, qemu }), options),
      reporters: [values.steps ? terminal : quietly(terminal)],
    });
    if (!lab) return result.exitStatus;
    try {
      const [left] = plan.variants;
      if (!left) throw new Error("unreachable: there is one variant");
      return await enter(await describeKept(lab, plan.scenario, left), request, signal);
    } finally {
      say(`ending ${allOf(Object.keys(lab.consoles), "VMs")}`);
      for (const problem of await lab.close()) say(problem.message);
    }
  };
  return inOwnDirectory(out, () => cancellable(work));
}

/** Throws UsageError for a machine that the scenario does not have. */
function expectMachine(name: MachineName, { scenario, variants }: Plan): void {
  const names = variants.flatMap(({ topology }) => namesOf(topology));
  if (names.includes(name)) return;
  throw new UsageError(
    `${scenario} has no machine "${name}"; expected one of ${names.join(", ")} after "shell".${suggestion(name, names)}`,
  );
}

async function enter(
  kept: KeptLab,
  { machine, values, command }: ShellRequest,
  signal: AbortSignal,
): Promise<number> {
  if (values.monitor) return monitor(kept, machine, signal);
  const ssh = await joinKept(kept, machine, signal);
  try {
    const status = await guestTerminal(ssh, command, signal);
    signal.throwIfAborted();
    return status;
  } finally {
    ssh.close();
  }
}

async function monitor(kept: KeptLab, machine: MachineName, signal: AbortSignal): Promise<number> {
  const path = kept.vms[machine]?.monitor;
  if (path === undefined) throw new UsageError(`the ${machine} VM of ${kept.scenario} is gone`);
  const socket = connect(path);
  const raw = process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (raw) say(`QEMU's monitor of the ${machine} VM; Enter ~ . leaves it`);
  await connectTerminal(socket, { raw, signal });
  signal.throwIfAborted();
  return 0;
}

/** One variant of a plan, and if a person wants to do everything themselves, nothing but its machines. */
function onlyVariant(plan: Plan, name: string | undefined, withSteps: boolean): Plan {
  const [found] = (name === undefined ? plan : withVariants(plan, [name])).variants;
  if (!found) throw new Error("a plan has at least one variant");
  const variant: VariantPlan = withSteps ? found : { ...found, steps: [], checks: [] };
  return { ...plan, variants: [{ ...variant, variant: "" }] };
}

/** Without a verdict: nothing has been judged. */
function quietly(reporter: Reporter): Reporter {
  return {
    name: reporter.name,
    on: (event) => {
      if (event.type !== "run-finished" || event.result.failure) return reporter.on(event);
    },
  };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
