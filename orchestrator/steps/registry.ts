// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { ControllersStats } from "../lab/stats.ts";
import { addresses } from "./addresses.ts";
import { bring } from "./bring.ts";
import { configureFunction } from "./configure-function.ts";
import { failNth } from "./fail-nth.ts";
import { abortDma } from "./fault-abort.ts";
import { linkLatency } from "./fault-latency.ts";
import { memoryPressure } from "./fault-memory.ts";
import { pauseVm } from "./fault-pause.ts";
import { killVm, restartVm } from "./fault-power.ts";
import { fio } from "./fio.ts";
import { inspect } from "./inspect.ts";
import { iperf3 } from "./iperf3.ts";
import { link } from "./link.ts";
import { loseLink } from "./lose-link.ts";
import type { Measurement } from "./measure.ts";
import { loadModules, unloadModules } from "./modules.ts";
import type { Offers } from "./offers.ts";
import { ping } from "./ping.ts";
import { qpThroughput } from "./qp-throughput.ts";
import { removeFunction } from "./remove-function.ts";
import { route } from "./route.ts";
import { selftest } from "./selftest.ts";
import { shell } from "./shell.ts";
import type { StepKind } from "./step-kind.ts";
import { sysctl } from "./sysctl.ts";
import { transferFile } from "./transfer-file.ts";
import { loadTransport, unloadTransport } from "./transport.ts";
import { transportStatistics } from "./transport-statistics.ts";
import { waitForLink } from "./wait-for-link.ts";
import { waitUntil } from "./wait-until.ts";
import { windowScan } from "./window-scan.ts";

/** Every step kind. A new one is a file of its own and a line here. */
const kinds = [
  configureFunction,
  removeFunction,
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
  route,
  waitUntil,
  inspect,
  ping,
  iperf3,
  qpThroughput,
  transferFile,
  fio,
  transportStatistics,
  windowScan,
  shell,
  bring,
  failNth,
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
    /** What the controllers counted during the step, those that could be asked before and after. */
    readonly controllers?: ControllersStats;
  };
}[keyof EvidenceByKind];

export const stepKinds: ReadonlyMap<string, StepKind> = new Map(
  kinds.map((kind) => [kind.kind, kind]),
);

/** The step kinds' schemas, from which the scenario layer composes its own. */
export const stepSchemas: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  kinds.map((kind) => [kind.kind, kind.schema]),
);

/** The metrics that a step's evidence holds, without the step's prefix. */
export function measuredBy({ kind, data }: Evidence): readonly Measurement[] {
  return stepKinds.get(kind)?.measured(data) ?? [];
}

/** What a step's evidence offers to checks of any step under this name; undefined where it has none. */
export function offeredBy<Name extends keyof Offers>(
  { kind, data }: Evidence,
  name: Name,
): Offers[Name] | undefined {
  return stepKinds.get(kind)?.offers[name]?.(data);
}

/** The kinds of step that can offer it. */
export function kindsOffering(name: keyof Offers): string[] {
  return kinds.filter(({ offers }) => offers[name] !== undefined).map(({ kind }) => kind);
}
