// SPDX-License-Identifier: MIT
import type * as z from "zod";
import { addresses } from "./addresses.ts";
import { configureFunction } from "./configure-function.ts";
import { abortDma } from "./fault-abort.ts";
import { linkLatency } from "./fault-latency.ts";
import { memoryPressure } from "./fault-memory.ts";
import { pauseVm } from "./fault-pause.ts";
import { killVm, restartVm } from "./fault-power.ts";
import { inspect } from "./inspect.ts";
import { iperf3 } from "./iperf3.ts";
import { link } from "./link.ts";
import { loseLink } from "./lose-link.ts";
import { loadModules, unloadModules } from "./modules.ts";
import { ping } from "./ping.ts";
import { qpThroughput } from "./qp-throughput.ts";
import { selftest } from "./selftest.ts";
import { shell } from "./shell.ts";
import type { StepKind } from "./step-kind.ts";
import { sysctl } from "./sysctl.ts";
import { transferFile } from "./transfer-file.ts";
import { loadTransport, unloadTransport } from "./transport.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { waitForLink } from "./wait-for-link.ts";
import { windowScan } from "./window-scan.ts";

/** Every step kind. A new one is a file of its own and a line here. */
const kinds = [
  configureFunction,
  link,
  loseLink,
  killVm,
  restartVm,
  pauseVm,
  linkLatency,
  abortDma,
  memoryPressure,
  loadModules,
  unloadModules,
  loadTransport,
  unloadTransport,
  addresses,
  waitForLink,
  inspect,
  ping,
  iperf3,
  qpThroughput,
  transferFile,
  transportStatistics,
  windowScan,
  shell,
  selftest,
  sysctl,
] as const;

type Kinds = (typeof kinds)[number];

/** What each step kind returns, by kind. */
export type EvidenceByKind = {
  [Kind in Kinds["kind"]]: Awaited<ReturnType<Extract<Kinds, { kind: Kind }>["run"]>>;
};

/** What a step has found, under the name that checks use. */
export type Evidence = {
  [Kind in keyof EvidenceByKind]: {
    readonly id: string;
    /** Which round of several the step was of, counted from 1. */
    readonly round?: number;
    readonly kind: Kind;
    readonly data: EvidenceByKind[Kind];
  };
}[keyof EvidenceByKind];

export const stepKinds: ReadonlyMap<string, StepKind> = new Map(
  kinds.map((kind) => [kind.kind, kind]),
);

/** The step kinds' schemas, from which the scenario layer composes its own. */
export const stepSchemas: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  kinds.map((kind) => [kind.kind, kind.schema]),
);
