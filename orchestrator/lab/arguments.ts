// SPDX-License-Identifier: MIT
import type { Plan } from "../scenario/plan.ts";
import { formatSize } from "../scenario/size.ts";

export type Role = "host" | "endpoint";
export const roles: readonly Role[] = ["endpoint", "host"];

export type Accelerator = "tcg" | "kvm";

/** Where one VM's files and sockets are. */
export interface VmPaths {
  readonly kernel: string;
  readonly initrd: string;
  /** Socket on which the lab awaits QEMU's machine protocol; without one QEMU has none. */
  readonly qmp?: string;
  /** Socket on which the endpoint's QEMU listens for the other end of the PCIe link. */
  readonly link: string;
}

/** Names by which the lab addresses devices over QMP. */
export const deviceIds = { controller: "ep", rootPort: "rp0", function: "fn0" } as const;

/**
 * Room that the host's kernel keeps behind the root port for the function, which arrives by hot-plug
 * after the kernel has laid out its address space. The default of 2 MiB would be too small for memory windows.
 */
const hotplugRoom = "hpmmiosize=64M";

/** QEMU's arguments for one VM. A pure function of its inputs. */
export function qemuArguments(
  role: Role,
  plan: Pick<Plan, "topology">,
  paths: VmPaths,
  accelerator: Accelerator,
): string[] {
  const { topology } = plan;
  const machine = topology[role];
  return [
    ...["-name", `ntb-edma-lab-${role}`],
    ...["-nodefaults", "-no-user-config", "-no-reboot"],
    ...["-display", "none"],
    ...[
      "-object",
      `memory-backend-memfd,id=ram,size=${formatSize(machine.memory)},share=on,prealloc=on`,
    ],
    ...[
      "-machine",
      `virt,${interruptController(machine, accelerator)},memory-backend=ram,accel=${accelerator}`,
    ],
    ...["-cpu", accelerator === "kvm" ? "host" : topology.cpu],
    ...["-m", formatSize(machine.memory)],
    ...["-smp", String(machine.cpus)],
    ...["-kernel", paths.kernel],
    ...["-initrd", paths.initrd],
    ...["-append", kernelArguments(role, machine["kernel-arguments"])],
    ...["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"],
    ...(paths.qmp === undefined ? [] : ["-qmp", `unix:${paths.qmp}`]),
    // Control network: only the lab's SSH comes in, and nothing of the guest gets out.
    ...["-netdev", "user,id=ctl,restrict=on,hostfwd=tcp:127.0.0.1:0-:22"],
    ...["-device", "virtio-net-device,netdev=ctl"],
    ...["-device", pcieDevice(role, plan, paths)],
  ];
}

/** Under KVM a guest gets what the machine has, and current machines have no GICv2. */
function interruptController(machine: Plan["topology"][Role], accelerator: Accelerator): string {
  const old = machine["interrupt-controller"] === "gicv2m" && accelerator === "tcg";
  return old ? "gic-version=2" : "gic-version=3,its=on";
}

function kernelArguments(role: Role, extra: readonly string[]): string {
  const room = role === "host" ? [`pci=${hotplugRoom}`] : [];
  return ["console=ttyAMA0", "panic=-1", "oops=panic", `lab.role=${role}`, ...room, ...extra].join(
    " ",
  );
}

function pcieDevice(role: Role, { topology }: Pick<Plan, "topology">, paths: VmPaths): string {
  if (role === "host") return `pcie-root-port,id=${deviceIds.rootPort},chassis=1,slot=1`;
  const properties = Object.entries(topology.controller).map(([name, value]) => `${name}=${value}`);
  return [`dwc-pcie-ep,id=${deviceIds.controller},link=${paths.link}`, ...properties].join(",");
}

/** Quotes a command line for a person to paste into a shell. */
export function shellLine(command: string, args: readonly string[]): string {
  return [command, ...args].map(quote).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
