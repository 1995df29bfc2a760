// SPDX-License-Identifier: MIT
import { type ControllerStats, total } from "../lab/stats.ts";

/** A counter of the controller that is a metric: of the whole run, and of all steps that have a prefix in common. */
export interface ControllerMetric {
  readonly name: string;
  readonly unit: "B" | "1";
  /** What it is, for the documentation. */
  readonly about: string;
  readonly value: (stats: ControllerStats) => number;
}

export const controllerMetrics: readonly ControllerMetric[] = [
  {
    name: "engine.read.bytes",
    unit: "B",
    about: "what the engine's read channels moved: from the host",
    value: ({ read }) => total(read, "bytes"),
  },
  {
    name: "engine.write.bytes",
    unit: "B",
    about: "what its write channels moved: to the host",
    value: ({ write }) => total(write, "bytes"),
  },
  {
    name: "engine.notify.count",
    unit: "1",
    about: "interrupts on the endpoint for transfers that the host rang",
    value: ({ read }) => total(read, "notifications"),
  },
  {
    name: "msi.count",
    unit: "1",
    about: "MSI and MSI-X messages to the host",
    value: ({ msi, msix }) => msi + msix,
  },
  {
    name: "engine.doorbells.lost",
    unit: "1",
    about:
      "doorbells of the engine's channels that came to nothing: the engine was off, or the one before was not taken yet",
    value: ({ doorbells_lost }) => doorbells_lost,
  },
  {
    name: "iatu.writes",
    unit: "1",
    about: "writes to registers of the iATU's regions",
    value: ({ iatu_writes }) => iatu_writes,
  },
  {
    name: "bar.changes",
    unit: "1",
    about: "how often a BAR got another size, address or type, whoever wrote it",
    value: ({ bar_changes }) => bar_changes,
  },
];
