// SPDX-License-Identifier: MIT
//
// Names of the files that VMs leave in a run's directory, or in that of a variant.

import { join } from "node:path";
import type { MachineName } from "../scenario/topology/graph.ts";

/** The VM that is a trial of KVM. */
export const kvmTrial = "kvm-trial";

/** What each VM leaves: its console, and QEMU's own output and command line. */
export function vmFiles(vm: MachineName, out: string) {
  return {
    consoleLog: join(out, `${vm}-console.log`),
    qemuLog: join(out, `${vm}-qemu.log`),
    script: join(out, `${vm}-qemu.sh`),
  };
}

/** Of which machines these files are: each VM leaves its command line. */
export function machinesAmong(names: readonly string[]): MachineName[] {
  const { script } = vmFiles("", "");
  return names.flatMap((name) => (name.endsWith(script) ? name.slice(0, -script.length) : []));
}

/** Stands for a number in a file's name. */
const number = "%d";

/** The devices' trace events; QEMU puts its process id where the number is. */
export function traceFile(machine: MachineName, out: string): string {
  return join(out, `${machine}-trace.${number}.log`);
}

/** Whose trace events are in a file of this name; undefined when it is none that a run gives to them. */
export function tracedMachine(name: string): MachineName | undefined {
  return /^(.+)-trace\.\d+\.log$/.exec(name)?.[1];
}

/** Packets as a guest sees them; a VM that was started again has another file. */
export function guestPcap(machine: MachineName, out: string, boot: number | typeof number): string {
  return join(out, boot === 1 ? `${machine}.pcap` : `${machine}-${boot}.pcap`);
}

/** Packets of the direct network, as its cable has them. */
export function directPcap(out: string): string {
  return join(out, "direct.pcap");
}

/** Whether a file's name is one that a run with these machines gives to packets. */
export function isCapture(name: string, machines: readonly MachineName[]): boolean {
  const guests = machines.flatMap((one) => [guestPcap(one, "", 1), guestPcap(one, "", number)]);
  return [...guests, directPcap("")].some((pattern) => isNamed(name, pattern));
}

/** Whether a file's name is one that a file of these machines' VMs has, or one of the trial of KVM. */
export function isVmFile(name: string, machines: readonly MachineName[]): boolean {
  const fixed = [...machines, kvmTrial].flatMap((vm) => Object.values(vmFiles(vm, "")));
  const traced = machines.includes(tracedMachine(name) ?? "");
  return fixed.includes(name) || isCapture(name, machines) || traced;
}

/** Whether a name is as the pattern says, which may have a number in it. */
function isNamed(name: string, pattern: string): boolean {
  const [head = "", tail] = pattern.split(number);
  if (tail === undefined) return name === pattern;
  const middle = name.slice(head.length, name.length - tail.length);
  return name === `${head}${middle}${tail}` && /^\d+$/.test(middle);
}
