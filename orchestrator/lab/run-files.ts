// SPDX-License-Identifier: MIT
//
// Names of the files that VMs leave in a run's directory, or in that of a variant.

import { join } from "node:path";
import { type Role, roles } from "./role.ts";

/** A VM of a run, or the one that is a trial of KVM. */
export type VmName = Role | "kvm-trial";
const vms: readonly VmName[] = [...roles, "kvm-trial"];

/** What each VM leaves: its console, and QEMU's own output and command line. */
export function vmFiles(vm: VmName, out: string) {
  return {
    consoleLog: join(out, `${vm}-console.log`),
    qemuLog: join(out, `${vm}-qemu.log`),
    script: join(out, `${vm}-qemu.sh`),
  };
}

/** Stands for a number in a file's name. */
const number = "%d";

/** The devices' trace events; QEMU puts its process id where the number is. */
export function traceFile(role: Role, out: string): string {
  return join(out, `${role}-trace.${number}.log`);
}

/** Whose trace events are in a file of this name; undefined when it is none that a run gives to them. */
export function tracedRole(name: string): Role | undefined {
  return roles.find((role) => isNamed(name, traceFile(role, "")));
}

/** Packets as a guest sees them; a VM that was started again has another file. */
export function guestPcap(role: Role, out: string, boot: number | typeof number): string {
  return join(out, boot === 1 ? `${role}.pcap` : `${role}-${boot}.pcap`);
}

/** Packets of the direct network, as its cable has them. */
export function directPcap(out: string): string {
  return join(out, "direct.pcap");
}

/** Whether a file's name is one that a run gives to packets. */
export function isCapture(name: string): boolean {
  const guests = roles.flatMap((role) => [guestPcap(role, "", 1), guestPcap(role, "", number)]);
  return [...guests, directPcap("")].some((pattern) => isNamed(name, pattern));
}

/** Whether a file's name is one that a VM's file has. */
export function isVmFile(name: string): boolean {
  const fixed = vms.flatMap((vm) => Object.values(vmFiles(vm, "")));
  return fixed.includes(name) || isCapture(name) || tracedRole(name) !== undefined;
}

/** Whether a name is as the pattern says, which may have a number in it. */
function isNamed(name: string, pattern: string): boolean {
  const [head = "", tail] = pattern.split(number);
  if (tail === undefined) return name === pattern;
  const middle = name.slice(head.length, name.length - tail.length);
  return name === `${head}${middle}${tail}` && /^\d+$/.test(middle);
}
