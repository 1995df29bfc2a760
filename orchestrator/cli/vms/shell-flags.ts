// SPDX-License-Identifier: MIT
import { type Flags, helpFlag, type parseFlags } from "../flags/flags.ts";
import { kernelFlags } from "../flags/kernel-flags.ts";
import { runFlags } from "../flags/scenario-flags.ts";

/** Without those that say what the kernels are made of. */
export const ownFlags = {
  steps: {
    type: "boolean",
    help: "run the scenario's steps first; a failure does not keep you out",
  },
  monitor: { type: "boolean", help: "QEMU's monitor of that VM instead of a shell in its guest" },
  out: { type: "string", value: "DIR", help: "where logs go (default: runs/shell-TIME)" },
  ...runFlags,
  variant: {
    type: "string",
    value: "NAME",
    help: "a variant of the scenario (default: the first)",
  },
  ...helpFlag,
} as const satisfies Flags;

export const flags = { ...ownFlags, ...kernelFlags } as const;

export type ShellValues = ReturnType<typeof parseFlags<typeof flags>>["values"];
