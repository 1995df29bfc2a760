// SPDX-License-Identifier: MIT
import * as z from "zod";
import { GuestError } from "../lab/errors.ts";
import { formatSize, size } from "../scenario/size.ts";
import { machineField } from "../scenario/topology/graph-names.ts";
import { measure } from "./measure.ts";
import { defineStep, type GuestCommand, inGuest } from "./step-kind.ts";

/** The kernel's own estimate of what it could still hand out, in bytes, before and after. */
export interface MemoryPressureEvidence {
  readonly availableBefore: number;
  readonly available: number;
}

const schema = z
  .strictObject({
    vm: machineField("The VM whose memory it is."),
    leave: size
      .optional()
      .describe("What is to stay available; all else is taken until a later step releases it."),
    release: z
      .literal(true)
      .optional()
      .describe("Gives back what an earlier step has taken; in place of `leave`."),
  })
  .refine(({ leave, release }) => (leave === undefined) !== (release === undefined), {
    error: "expected `leave: SIZE` to take memory, or `release: true` to give it back",
  });
type Params = z.output<typeof schema>;

const place = "/run/memory-pressure";

/** Pages of a ramfs are neither written out nor reclaimed. They are taken bit by bit: the estimate moves with them. */
function takeScript(leaveBytes: number): string {
  const kib = Math.ceil(leaveBytes / 1024);
  return `[ -e ${place}/taken ] || { mkdir -p ${place} && mount -t ramfs none ${place} && : > ${place}/taken; }
while free=$(available); [ $free -gt ${kib} ]; do
  take=$(((free - ${kib}) / 128))
  dd if=/dev/zero bs=64k count=$((take + 1)) 2> /dev/null >> ${place}/taken
done`;
}

const releaseScript = `if [ -e ${place}/taken ]; then rm ${place}/taken && umount ${place}; fi`;

function command({ vm, leave }: Params): GuestCommand {
  return {
    on: vm,
    what: leave === undefined ? "releasing memory" : "taking memory",
    script: `set -e
available() { awk '/^MemAvailable:/ { print $2 }' /proc/meminfo; }
available
${leave === undefined ? releaseScript : takeScript(leave)}
available`,
  };
}

export const memoryPressure = defineStep({
  kind: "memory-pressure",
  summary: "takes a guest's memory but for a rest, until a later step releases it",
  schema,
  limitMs: () => 30_000,
  title: ({ vm, leave }) =>
    leave === undefined
      ? `Release the ${vm} VM's memory`
      : `Leave the ${vm} VM ${formatSize(leave)} of memory`,
  commands: (params) => [command(params)],
  run: async (params, context): Promise<MemoryPressureEvidence> => {
    const printed = await inGuest(context, command(params));
    const [before, after] = printed
      .trim()
      .split("\n")
      .map((kib) => Number(kib) * 1024);
    if (before === undefined || after === undefined || Number.isNaN(before + after)) {
      throw new GuestError(`expected the memory available before and after, got: ${printed}`);
    }
    return { availableBefore: before, available: after };
  },
  measures: [
    measure(
      "memory.available",
      "MiB",
      "none",
      "what the kernel says is available at the step's end",
      ({ available }: MemoryPressureEvidence) => available / (1 << 20),
    ),
  ],
});
