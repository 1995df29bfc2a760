// SPDX-License-Identifier: MIT
import type { VariantPlan } from "../scenario/plan.ts";
import { formatSize } from "../scenario/size.ts";
import type { Controller } from "../scenario/topology/controller.ts";
import { linksAt, type MachineName, machineOf } from "../scenario/topology/graph.ts";
import type { HostMachine, Machine } from "../scenario/topology/machines.ts";
import { type Accelerator, type Board, boardOf } from "./boards.ts";
import { type Inspection, inspectionKernelArguments, noInspection } from "./inspection.ts";
import { timeGridMs } from "./time-grid.ts";

/** Where one VM's files and sockets are. */
export interface VmPaths {
  readonly kernel: string;
  readonly initrd: string;
  /** Socket on which the lab awaits QEMU's machine protocol; without one QEMU has none. */
  readonly qmp?: string;
  /** With virtual time: socket on which the lab awaits the port of the guest's commands; without one there is none. */
  readonly commands?: string;
  /** For each of the machine's links the socket on which the endpoint's QEMU listens for the other end. */
  readonly links: readonly string[];
  /** Where the VM is an end of the direct network: its own socket, the other's, and which of the ends it is. */
  readonly direct?: { readonly own: string; readonly peer: string; readonly end: 0 | 1 };
}

/** Names by which the lab addresses devices over QMP; what belongs to a link goes by the machine's port. */
export const deviceIds = {
  controller: (port: number) => (port === 0 ? "ep" : `ep${port}`),
  rootPort: (port: number) => `rp${port}`,
  function: (port: number) => `fn${port}`,
  instructionCounter: "instructions",
  virtualTime: "time",
  card: "card",
} as const;

/**
 * Room that the host's kernel keeps behind the root port for the function, which arrives by hot-plug
 * after the kernel has laid out its address space. The default of 2 MiB would be too small for memory windows.
 */
const hotplugRoom = "hpmmiosize=64M";

/** QEMU's arguments for one VM. A pure function of its inputs. */
export function qemuArguments(
  name: MachineName,
  plan: Pick<VariantPlan, "topology">,
  paths: VmPaths,
  accelerator: Accelerator,
  inspection: Inspection = noInspection,
): string[] {
  const { topology } = plan;
  const machine = machineOf(topology, name);
  const board = boardOf(machine, topology.cpu, accelerator);
  return [
    ...["-name", `ntb-edma-lab-${name}`],
    ...["-nodefaults", "-no-user-config", "-no-reboot"],
    ...["-display", "none"],
    ...[
      "-object",
      `memory-backend-memfd,id=ram,size=${formatSize(machine.memory)},share=on,prealloc=on`,
    ],
    ...board.machine,
    ...["-m", formatSize(machine.memory)],
    ...["-smp", String(machine.cpus)],
    ...["-kernel", paths.kernel],
    ...["-initrd", paths.initrd],
    ...["-append", kernelArguments(name, board, inspection, topology)],
    ...["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"],
    ...(paths.qmp === undefined ? [] : ["-qmp", `unix:${paths.qmp}`]),
    // Control network: only the lab's SSH comes in, and nothing of the guest gets out.
    ...["-netdev", "user,id=ctl,restrict=on,hostfwd=tcp:127.0.0.1:0-:22"],
    ...board.network("control", "netdev=ctl"),
    ...(paths.direct ? directNetwork(board, paths.direct) : []),
    // Before the controller, whose engine asks for it.
    ...(topology.time === "virtual" ? virtualTime(topology, paths.commands) : []),
    ...pcieDevices(name, board, topology, paths),
    ...(machine.role === "host" ? card(machine, paths.links.length) : []),
    ...(topology["count-instructions"] ? countInstructions : []),
  ];
}

/**
 * An instruction takes 4 ns of the guest's time, more than it takes QEMU as a rule: a guest that is busy does not
 * see its peer late. One that is idle sleeps in real time.
 */
const countInstructions = [
  ...["-icount", "shift=2,sleep=on"],
  ...["-device", `instruction-counter,id=${deviceIds.instructionCounter}`],
];

/** Where a guest with virtual time has the port of its commands: between the controllers and the machine's platform bus. */
const portBase = "0x0bf00000";

/** An instruction takes 1 ns, as every profile so far has it, and idle time is the device's to pass. */
function virtualTime(
  { seed, ...topology }: VariantPlan["topology"],
  commands: string | undefined,
): string[] {
  const properties = [
    `id=${deviceIds.virtualTime}`,
    `profile=${topology["timing-profile"]}`,
    `grid-ms=${timeGridMs}`,
    ...(topology.cpuidle ? ["cpuidle=on"] : []),
    ...(seed === 0 ? [] : [`seed=${seed}`]),
    ...(commands === undefined ? [] : ["commands=commands", `port-base=${portBase}`]),
  ];
  return [
    ...(commands === undefined ? [] : ["-chardev", `socket,id=commands,path=${commands}`]),
    ...["-icount", "shift=0,sleep=off"],
    ...["-device", `virtual-time,${properties.join(",")}`],
    // What a guest tells a device of virtio is done at once, and not when this machine gets round to it.
    ...["-global", "virtio-mmio.ioeventfd=off"],
    // Nothing comes from this machine's clock and its random numbers.
    ...["-rtc", "base=2026-01-01T00:00:00,clock=vm"],
    ...["-seed", "1"],
  ];
}

/** By these the guests know the interface of the direct network. */
const directMac = ["52:54:00:77:00:01", "52:54:00:77:00:02"] as const;

/** A cable of datagrams: neither QEMU has to be there before the other. */
function directNetwork(board: Board, { own, peer, end }: NonNullable<VmPaths["direct"]>): string[] {
  const ends = `local.type=unix,local.path=${own},remote.type=unix,remote.path=${peer}`;
  return [
    ...["-netdev", `dgram,id=direct,${ends}`],
    ...board.network("direct", `netdev=direct,mac=${directMac[end]}`),
  ];
}

function kernelArguments(
  name: MachineName,
  board: Board,
  inspection: Inspection,
  topology: VariantPlan["topology"],
): string {
  const machine = machineOf(topology, name);
  const port = machine.role === "host" ? hostPort(machine) : [];
  const extra = machine["kernel-arguments"];
  const own = [
    ...board.kernelArguments,
    ...inspectionKernelArguments(name, inspection),
    "oops=panic",
  ];
  // Where a program's memory lies decides how many pages it touches.
  const fixed = topology.time === "virtual" ? ["norandmaps", `lab.port=${portBase}`] : [];
  return [...own, `lab.name=${name}`, ...port, ...fixed, ...extra].join(" ");
}

/**
 * A port that sleeps is awake again by a PME when a function appears. QEMU's sends none, and the interrupt of the slot is lost: a
 * kernel with CONFIG_PM would not see the link come back.
 */
function hostPort(host: HostMachine): string[] {
  return [`pci=${hotplugRoom}`, "pcie_port_pm=off", ...withoutPciehp(host)];
}

/** Without services of the port, pciehp among them, the kernel finds a function when it is told to look. */
function withoutPciehp(host: HostMachine): string[] {
  return host.hotplug === "rescan" ? ["pcie_ports=compat"] : [];
}

/**
 * A slot without a power controller, as a cable's or a soldered device's is. With one, Linux switches the power off
 * after a surprise removal, and QEMU then unplugs whatever is in the slot: the function that has returned meanwhile.
 */
function rootPort(port: number): string {
  const slot = `chassis=${port + 1},slot=${port + 1},power_controller_present=off,addr=${port + 1}`;
  return `pcie-root-port,id=${deviceIds.rootPort(port)},${slot}`;
}

/** Where the host's guest finds that root port, by its name in sysfs. */
export function rootPortAddress(port: number): string {
  return `0000:00:${(port + 1).toString(16).padStart(2, "0")}.0`;
}

/** A card that is there from the start, in a port of its own behind those of the links. */
function card(host: HostMachine, port: number): string[] {
  if (host.card === undefined) return [];
  const properties = Object.entries(host.card).map(
    ([field, value]) => `,${field}=${typeof value === "boolean" ? (value ? "on" : "off") : value}`,
  );
  const device = `dwc-edma-pcie,id=${deviceIds.card},bus=${deviceIds.rootPort(port)}`;
  return [
    ...[
      "-device",
      `pcie-root-port,id=${deviceIds.rootPort(port)},chassis=${port + 1},slot=${port + 1}`,
    ],
    ...["-device", `${device}${properties.join("")}`],
  ];
}

/** A root port or a controller for each of the machine's links. */
function pcieDevices(
  name: MachineName,
  board: Board,
  topology: VariantPlan["topology"],
  { links: sockets }: VmPaths,
): string[] {
  return linksAt(topology, name).flatMap(({ host, controller }, port) => [
    "-device",
    host === name
      ? `${rootPort(port)}${board.rootPort}`
      : controllerDevice(port, sockets[port] ?? "", controller, machineOf(topology, name)),
  ]);
}

function controllerDevice(
  port: number,
  socket: string,
  controller: Controller,
  { iommu }: Machine,
): string {
  return [
    `dwc-pcie-ep,id=${deviceIds.controller(port)},link=${socket}`,
    ...(port === 0 ? [] : placeOfController(port)),
    ...(iommu === "none" ? [] : ["iommu=on"]),
    ...controllerProperties(controller),
  ].join(",");
}

/** Where a machine's further controllers are: each so far behind the one before, whose place is the device's own. */
function placeOfController(port: number): string[] {
  const hex = (value: number) => `0x${value.toString(16)}`;
  return [
    `registers-base=${hex(0x0b00_0000 + port * 0x10_0000)}`,
    `outbound-base=${hex(0x60_0000_0000 + port * 2 ** 32)}`,
    `irq-base=${176 + port * linesOfController}`,
  ];
}

/** Interrupt lines that are kept for a controller: the engine's sixteen at most, and those of its glue. */
const linesOfController = 24;

/** Fields of a scenario whose device property has another name. */
const propertyNames: Readonly<Record<string, string>> = { "msi-doorbells": "msi-parent" };

/** The controller's device properties. What is off or the only profile of old goes without saying. */
function controllerProperties(controller: Controller): string[] {
  return Object.entries(controller).flatMap(([field, value]) => {
    if (value === undefined || value === false || value === "plat" || value === "coherent")
      return [];
    if (field === "dma") return ["dma-coherent=off"];
    return [`${propertyNames[field] ?? field}=${value === true ? "on" : value}`];
  });
}
