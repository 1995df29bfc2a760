// SPDX-License-Identifier: MIT
import type { GuestArchitecture } from "../../guest-architectures.ts";
import type { Mistake } from "../explain.ts";
import { type MachineName, machineOf } from "./graph.ts";
import type { HostMachine } from "./machines.ts";
import type { Topology } from "./topology.ts";

/** What a machine's kernel has to be built for. */
export function architectureOf(
  topology: Pick<Topology, "machines">,
  name: MachineName,
): GuestArchitecture {
  return machineOf(topology, name).machine === "q35" ? "x86-64" : "arm64";
}

/** What the hosts' kernel has to be built for: that all of them are of one kind was seen when the scenario was read. */
export function hostArchitecture({ machines }: Pick<Topology, "machines">): GuestArchitecture {
  return hostsOf(machines).some(({ machine }) => machine === "q35") ? "x86-64" : "arm64";
}

function hostsOf(machines: Topology["machines"]): HostMachine[] {
  return Object.values(machines).filter((machine) => machine.role === "host");
}

/** What only the other kind of host has. What would do is said with each. */
export function impossibleHost({ topology }: { readonly topology: Topology }): Mistake[] {
  const hosts = hostsOf(topology.machines);
  const isPc = hosts.some(({ machine }) => machine === "q35");
  const time: Mistake[] =
    isPc && topology.time === "virtual"
      ? [
          {
            ...{ path: ["topology", "time"], key: false },
            message: `expected wall with a host that is a PC ("machine: q35"), for no timing profile is of one, got virtual; write "machine: virt", or "time: wall".`,
          },
        ]
      : [];
  return [
    ...hosts.flatMap(foreignIommu),
    ...hosts.flatMap((host) => unlike(host, hosts[0])),
    ...time,
  ];
}

function foreignIommu({ machine, iommu, at }: HostMachine): Mistake[] {
  const [own, other] = machine === "q35" ? ["intel", "smmuv3"] : ["smmuv3", "intel"];
  if (iommu !== other) return [];
  const message = `expected none or ${own} with "machine: ${machine}", got ${other}.`;
  return [{ path: ["topology", ...at, "iommu"], key: false, message }];
}

/** All hosts boot the same kernel. */
function unlike({ machine, at }: HostMachine, first: HostMachine | undefined): Mistake[] {
  if (first === undefined || machine === first.machine) return [];
  const message = `expected ${first.machine} as the first host has, for all boot the same kernel, got ${machine}.`;
  return [{ path: ["topology", ...at, "machine"], key: false, message }];
}

/** Variants whose hosts are of another kind than the first one's. */
export function differentHosts(
  variants: readonly { readonly name: string; readonly topology: Topology }[],
): { readonly name: string; readonly mistake: Mistake }[] {
  const [first] = variants;
  if (first === undefined) return [];
  const [wanted] = hostsOf(first.topology.machines);
  return variants.flatMap(({ name, topology }) => {
    const [host] = hostsOf(topology.machines);
    if (wanted === undefined || host === undefined || host.machine === wanted.machine) return [];
    const message = `expected ${wanted.machine} as in variant ${first.name}, for all variants boot the same kernels, got ${host.machine}; write a scenario of its own for it.`;
    return [{ name, mistake: { path: ["topology", ...host.at, "machine"], key: false, message } }];
  });
}
