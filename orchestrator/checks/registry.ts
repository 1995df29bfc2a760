// SPDX-License-Identifier: MIT
import type * as z from "zod";
import type { ScenarioCheck } from "../scenario/load.ts";
import { dmaChannels, driversBound } from "./bindings.ts";
import { type CheckKind, NothingToJudge } from "./check-kind.ts";
import { command } from "./command.ts";
import { carrier, pingLoss } from "./connectivity.ts";
import { consoleClean } from "./console-scan.ts";
import { fioVerified } from "./disk.ts";
import { notifications, payloadByDma, windowPayload } from "./engine.ts";
import type { CheckResult, Findings } from "./findings.ts";
import { linkLoss } from "./link-loss.ts";
import { selftest } from "./selftest.ts";
import { metric, ratio, spread } from "./thresholds.ts";
import { trace } from "./trace.ts";
import { sameSha256, throughput } from "./traffic.ts";
import { transportSums } from "./transport-sums.ts";

/** Every check kind. A new one is an export of its own and a line here. */
const kinds: readonly CheckKind[] = [
  driversBound,
  dmaChannels,
  carrier,
  pingLoss,
  throughput,
  sameSha256,
  fioVerified,
  payloadByDma,
  windowPayload,
  notifications,
  consoleClean,
  metric,
  ratio,
  spread,
  command,
  selftest,
  linkLoss,
  transportSums,
  trace,
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
  return distinct(checks.flatMap((check) => judgeOne(check, findings)));
}

/** Checks of a run that ended before there was anything to judge: named, so that nobody takes them for passed. */
export function unreached(checks: readonly ScenarioCheck[], reason: string): CheckResult[] {
  return checks.map(({ id, title }) => ({
    ...{ id, title, measured: null, expected: null, unit: "" },
    ...{ status: "skip", reason },
  }));
}

function judgeOne(check: ScenarioCheck, findings: Findings): readonly CheckResult[] {
  const kind = checkKinds.get(check.kind);
  try {
    if (!kind) throw new Error(`no check kind "${check.kind}"`);
    return kind.judge(check, findings);
  } catch (error) {
    const { id, title } = check;
    const nothing = { id, title, measured: null, expected: null, unit: "" };
    if (error instanceof NothingToJudge) {
      const status = findings.complete ? "fail" : "skip";
      return [{ ...nothing, status, reason: error.message }];
    }
    const reason = `the check itself broke: ${error instanceof Error ? error.message : error}`;
    return [{ ...nothing, status: "fail", reason }];
  }
}

/** Names that tests in guests gave themselves may meet; those that come later get a number. */
function distinct(results: readonly CheckResult[]): CheckResult[] {
  const used = new Map<string, number>();
  return results.map((result) => {
    const times = (used.get(result.id) ?? 0) + 1;
    used.set(result.id, times);
    return times === 1 ? result : { ...result, id: `${result.id}.${times}` };
  });
}
