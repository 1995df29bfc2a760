// SPDX-License-Identifier: MIT
import { before } from "../lab/deadline.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { linkOf } from "../scenario/topology/graph.ts";
import { functionsBehind, hotplugOf, rootPortOf } from "./link.ts";
import { type Measure, measure } from "./measure.ts";
import type { LinkLoss, OffersOf } from "./offers.ts";
import { pause } from "./pause.ts";
import { type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** Waits, inside the guest, until the kernel has no function of the link any more. Without pciehp it has to be told. */
export function awaitRemoval(plan: Pick<VariantPlan, "topology">, name?: string): GuestCommand {
  const link = linkOf(plan.topology, name);
  const rootPort = rootPortOf(plan.topology, link);
  const remove = hotplugOf(plan.topology, link) === "rescan" ? removal(rootPort) : "";
  return {
    on: link.host,
    what: "waiting for the function to be removed",
    script: `${remove}until ! ls -d ${functionsBehind(rootPort)} > /dev/null 2>&1; do sleep 0.02; done`,
  };
}

/** Of all functions behind the port: without the link none of them is there. */
function removal(rootPort: string): string {
  return `for device in ${functionsBehind(rootPort)}; do
  [ ! -e "$device/remove" ] || echo 1 > "$device/remove"
done
`;
}

/** Does what ends the link, and waits until the host has removed the function. */
export async function hostLoses(
  context: StepContext,
  since: () => number,
  loss: () => Promise<void>,
  name?: string,
): Promise<LinkLoss> {
  const { lab, limitMs } = context;
  const unplugged = lab.link(name).functionGone();
  context.progress("the link is lost");
  await loss();
  const what = "QEMU to unplug the function of a lost link";
  await lab.whileTimePasses(() => before({ ms: limitMs, what, signal: lab.signal }, unplugged));
  const noticedMs = since();
  await inGuest(context, awaitRemoval(context.plan, name));
  return { noticedMs, removedMs: since() };
}

/** QEMU sends no event when a controller loses its link. */
const lookEveryMs = 10;

/** Does what ends the link, and waits until the endpoint's controller has seen that. */
export async function endpointLoses(
  context: StepContext,
  since: () => number,
  loss: () => Promise<void>,
  name?: string,
): Promise<LinkLoss> {
  const { lab, limitMs } = context;
  context.progress("the link is lost");
  await loss();
  const look = async (): Promise<void> => {
    while ((await lab.link(name).state()) === "up") {
      await pause(lab, lookEveryMs);
    }
  };
  const what = "the endpoint's controller to see that the link is lost";
  await before({ ms: limitMs, what, signal: lab.signal }, look());
  return { noticedMs: since() };
}

/** What every step that loses the link measures and offers. */
export const lossMeasures: readonly Measure<LinkLoss>[] = [
  measure(
    "loss.noticed",
    "ms",
    "lab",
    "from the loss until the surviving side's slot or controller knew",
    ({ noticedMs }) => noticedMs,
  ),
  measure(
    "loss.removed",
    "ms",
    "lab",
    "from the loss until the host's kernel had removed the function; absent if the host died",
    ({ removedMs }) => removedMs,
  ),
];

export const lossOffers: OffersOf<LinkLoss> = {
  command: ({ work }) => work,
  "link-loss": (loss) => loss,
};
