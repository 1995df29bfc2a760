// SPDX-License-Identifier: MIT
//
// What QEMU is told differently for the two kinds of machines: `virt`, 64-bit Arm described by a device tree, and `q35`, a PC
// described by ACPI.

import type { HostMachine, Machine } from "../scenario/topology/machines.ts";
import { levelsOnConsole } from "./console.ts";

export type Accelerator = "tcg" | "kvm";

export interface Board {
  /** Machine, CPU, and what the machine is made of beyond that. */
  readonly machine: string[];
  /** What the guest's kernel is told of the machine. */
  readonly kernelArguments: readonly string[];
  /** How a network of the lab's own reaches the guest. */
  readonly network: (which: "control" | "direct", properties: string) => string[];
  /** The root port's properties beyond those of every board. */
  readonly rootPort: string;
}

/** @param cpu of an Arm machine under software emulation. */
export function boardOf(machine: Machine, cpu: string, accelerator: Accelerator): Board {
  return machine.role === "host" && machine.machine === "q35"
    ? q35(machine, accelerator)
    : virt(machine, cpu, accelerator);
}

function virt(machine: Machine, cpu: string, accelerator: Accelerator): Board {
  return {
    machine: [
      ...[
        "-machine",
        `virt,${interruptController(machine, accelerator)},${smmu(machine)}memory-backend=ram,accel=${accelerator}`,
      ],
      ...["-cpu", accelerator === "kvm" ? "host" : cpu],
    ],
    kernelArguments: ["console=ttyAMA0", levelsOnConsole],
    // So that PCI belongs to the link alone.
    network: (_, properties) => ["-device", `virtio-net-device,${properties}`],
    rootPort: "",
  };
}

function smmu({ iommu }: Machine): string {
  return iommu === "none" ? "" : `iommu=${iommu},`;
}

/** Under KVM a guest gets what the machine has, and current machines have no GICv2. */
function interruptController(machine: Machine, accelerator: Accelerator): string {
  const old = machine["interrupt-controller"] === "gicv2m" && accelerator === "tcg";
  return old ? "gic-version=2" : "gic-version=3,its=on";
}

/** Slots of a PC's root bus behind those of the root ports. */
const networkSlots = { control: 0x18, direct: 0x19 };

/**
 * A PC. Its firmware lays out the bus before Linux does, and Linux keeps that: what the root port reserves for the function is
 * said to both. By QEMU's default a PC's slots belong to ACPI, which would hide what pciehp does with them; here they are native, as
 * on boards.
 */
function q35({ iommu }: HostMachine, accelerator: Accelerator): Board {
  const remapping = iommu === "intel" && accelerator === "kvm" ? ",kernel-irqchip=split" : "";
  return {
    machine: [
      ...["-machine", `q35,memory-backend=ram,accel=${accelerator}${remapping}`],
      ...["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"],
      // Five levels of page tables, which "max" would have, are walked more slowly.
      ...["-cpu", accelerator === "kvm" ? "host" : "max,la57=off"],
      // Before the functions whose accesses it translates.
      ...(iommu === "intel" ? ["-device", "intel-iommu,intremap=on"] : []),
    ],
    // Whether the timer ticks is tried by waiting for some ticks: on a busy machine they do not all come, and the kernel panics
    // (check_timer() in arch/x86/kernel/apic/io_apic.c; KVM's guests leave it out by themselves).
    kernelArguments: ["console=ttyS0", levelsOnConsole, "no_timer_check"],
    network: (which, properties) => [
      "-device",
      `virtio-net-pci,${properties},addr=0x${networkSlots[which].toString(16)},romfile=`,
    ],
    rootPort: ",mem-reserve=64M,pref64-reserve=64M",
  };
}
