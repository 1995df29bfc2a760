// SPDX-License-Identifier: MIT
import { accessSync, constants } from "node:fs";
import { isSystemError } from "../errors.ts";

export const acceleratorWishes = ["auto", "kvm", "tcg"] as const;

/** Which accelerator a person wants; `auto` is the fastest that works here. */
export type AcceleratorWish = (typeof acceleratorWishes)[number];

export interface MachineFacts {
  /** Node's name of this machine's architecture. */
  readonly architecture: string;
  readonly kvmDevice: "usable" | "missing" | "not permitted";
}

export function machineFacts(device = "/dev/kvm"): MachineFacts {
  return { architecture: process.arch, kvmDevice: kvmDevice(device) };
}

function kvmDevice(device: string): MachineFacts["kvmDevice"] {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return "usable";
  } catch (error) {
    return isSystemError(error, "ENOENT") ? "missing" : "not permitted";
  }
}

/** Why the guests cannot have KVM here, as far as that is known without trying; undefined if nothing is in its way. */
export function kvmHindrance({ architecture, kvmDevice }: MachineFacts): string | undefined {
  if (architecture !== "arm64") {
    return `Arm guests need an Arm machine for KVM, this is ${architecture}`;
  }
  return kvmDevice === "usable" ? undefined : `/dev/kvm is ${kvmDevice}`;
}

/** What a person is told who wants KVM where there is none. */
export function noKvm(hindrance: string): string {
  return `--accel kvm: ${hindrance}; leave --accel away for software emulation`;
}
