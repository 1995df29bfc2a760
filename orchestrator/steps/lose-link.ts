// SPDX-License-Identifier: MIT
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import { before } from "../lab/deadline.ts";
import type { EndpointFunction } from "../scenario/schema.ts";
import { duration } from "../scenario/size.ts";
import { defineStep, execOptions, type GuestCommand, inGuest, type StepContext } from "./kind.ts";
import { functionIds } from "./link.ts";

/** What became of a function, and of what was under way over it, when the link was lost. */
export interface LoseLinkEvidence {
  /** Milliseconds from the loss until QEMU had unplugged the function, and until the host's kernel had removed it. */
  readonly unpluggedMs: number;
  readonly removedMs: number;
  /** How the work that was under way ended; absent if there was none. */
  readonly work?: {
    readonly status: number | undefined;
    readonly output: string;
    /** From the loss. */
    readonly ms: number;
  };
}

const work = z.strictObject({
  on: z.enum(["host", "endpoint"]),
  /** Shell command that uses the link until it fails. */
  run: z.string().min(1),
  /** Text that the command prints once it is at work. */
  ready: z.string().min(1),
});

const schema = z.strictObject({
  /** `link-down` as a cable that is pulled, `endpoint-dies` as its power. */
  how: z.enum(["link-down", "endpoint-dies"]).default("link-down"),
  during: work.optional(),
  /** Time that the work is let run before the loss. */
  after: duration.prefault("200ms"),
});
type Params = z.output<typeof schema>;

function workCommand({ on, run }: z.output<typeof work>): GuestCommand {
  return { on, what: "the work that the loss interrupts", script: run };
}

/** Waits, inside the guest, until the kernel has no such function any more. */
function awaitRemoval(fn: EndpointFunction): GuestCommand {
  return {
    on: "host",
    what: "waiting for the function to be removed",
    script: `until ! grep -qi '^[0-9a-f]*[[:space:]]${functionIds(fn).join("")}[[:space:]]' /proc/bus/pci/devices; do sleep 0.02; done`,
  };
}

async function run(params: Params, context: StepContext): Promise<LoseLinkEvidence> {
  const { lab, limitMs } = context;
  const finish = params.during && (await startWork(params.during, context));
  await pause(params.after, undefined, { signal: lab.signal });
  const unplugged = lab.link.functionGone();
  const began = performance.now();
  const since = () => performance.now() - began;
  context.progress("the link is lost");
  if (params.how === "endpoint-dies") await lab.endpoint.end();
  else await lab.link.drop();
  const limit = { ms: limitMs, signal: lab.signal };
  await before({ ...limit, what: "QEMU to unplug the function of a lost link" }, unplugged);
  const unpluggedMs = since();
  await inGuest(context, awaitRemoval(context.plan.function));
  const removedMs = since();
  if (!finish) return { unpluggedMs, removedMs };
  context.progress("waiting for what was under way to end");
  const { status, stdout, stderr } = await finish();
  return { unpluggedMs, removedMs, work: { status, output: `${stdout}${stderr}`, ms: since() } };
}

function startWork(during: z.output<typeof work>, context: StepContext) {
  const { on, script, what } = workCommand(during);
  return context.lab[on].ssh.background(script, during.ready, execOptions(context, what));
}

export const loseLink = defineStep({
  kind: "lose-link",
  summary: "takes the link down, or ends the endpoint VM, while something is under way over it",
  schema,
  limitMs: () => 30_000,
  title: ({ how }) => (how === "link-down" ? "Take the link down" : "Pull the endpoint's power"),
  commands: ({ during }, plan) => [
    ...(during ? [workCommand(during)] : []),
    awaitRemoval(plan.function),
  ],
  run,
});
