// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { ScenarioCheck } from "../scenario/load.ts";
import { dmaChannels, driversBound } from "./bindings.ts";
import { carrier, pingLoss } from "./connectivity.ts";
import { consoleClean } from "./console-scan.ts";
import { notifications, payloadByDma, windowPayload } from "./engine.ts";
import { type CheckKind, type CheckResult, type Findings, NothingToJudge } from "./kind.ts";
import { command, metric, ratio } from "./thresholds.ts";
import { sameSha256, throughput } from "./traffic.ts";

/** Every check kind. A new one is an export of its own and a line here. */
const kinds: readonly CheckKind[] = [
  driversBound,
  dmaChannels,
  carrier,
  pingLoss,
  throughput,
  sameSha256,
  payloadByDma,
  windowPayload,
  notifications,
  consoleClean,
  metric,
  ratio,
  command,
];

export const checkKinds: ReadonlyMap<string, CheckKind> = new Map(
  kinds.map((kind) => [kind.kind, kind]),
);

/** The check kinds' schemas, from which the scenario layer composes its own. */
export const checkSchemas: Readonly<Record<string, z.ZodObject>> = Object.fromEntries(
  kinds.map((kind) => [kind.kind, kind.schema]),
);

/** Judges every check of a scenario by the findings. A check that itself breaks has failed. */
export function judge(checks: readonly ScenarioCheck[], findings: Findings): CheckResult[] {
  return checks.map((check) => {
    const kind = checkKinds.get(check.kind);
    try {
      if (!kind) throw new Error(`no check kind "${check.kind}"`);
      return kind.judge(check, findings);
    } catch (error) {
      const { id, title } = check;
      const nothing = { id, title, measured: null, expected: null, unit: "" };
      if (error instanceof NothingToJudge) {
        return { ...nothing, status: findings.complete ? "fail" : "skip", reason: error.message };
      }
      const reason = `the check itself broke: ${error instanceof Error ? error.message : error}`;
      return { ...nothing, status: "fail", reason };
    }
  });
}
