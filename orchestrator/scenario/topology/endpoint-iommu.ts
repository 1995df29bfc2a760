// SPDX-License-Identifier: MIT
import type { Mistake } from "../explain.ts";
import { formatSize } from "../size.ts";
import type { Topology } from "./topology.ts";

/** What an endpoint with an IOMMU, or whose accesses take virtual time, cannot have. What would do is said with each. */
export function impossibleIommu({ topology }: { readonly topology: Topology }): Mistake[] {
  const { machines, links, time } = topology;
  const translated = Object.entries(machines).filter(
    ([, { role, iommu }]) => role === "endpoint" && iommu !== "none",
  );
  const timed = translated
    .filter(() => time === "virtual")
    .map(([, { at, iommu }]) =>
      told(
        [...at, "iommu"],
        `expected none with "time: virtual", for what an endpoint's IOMMU does takes none, got ${iommu}; write none, or "time: wall".`,
      ),
    );
  const elsewhere = links
    .filter(({ endpoint }) => translated.some(([name]) => name === endpoint))
    .flatMap(({ at, controller }) => {
      const offset = controller["dma-offset"];
      if (offset === undefined) return [];
      return told(
        [...at, "controller", "dma-offset"],
        `expected none with an endpoint that has an IOMMU, which says where its controller sees memory, got ${formatSize(offset)}; leave it away, or write "iommu: none".`,
      );
    });
  const late = links
    .filter(({ endpoint }) => time === "virtual" || translated.some(([name]) => name === endpoint))
    .filter(({ controller }) => controller["forgive-posted-order"] === "off")
    .map(({ at }) =>
      told(
        [...at, "controller", "forgive-posted-order"],
        'expected on with an endpoint that has an IOMMU, and with "time: virtual", where the host\'s writes go another way, got off; leave it away, or write "iommu: none" and "time: wall".',
      ),
    );
  return [...timed, ...elsewhere, ...late];
}

function told(path: readonly string[], message: string): Mistake {
  return { path: ["topology", ...path], key: false, message };
}
