// SPDX-License-Identifier: MIT
import type { RunResult } from "./result.ts";

/** A stretch of the run, in milliseconds from its start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

type Timed = Pick<RunResult, "phases" | "durationMs">;

/**
 * From when the two VMs began to boot until they were gone: of one variant, or of the whole run. What lies before is
 * provisioning, which may be nothing or half an hour. Undefined if nothing booted.
 */
export function bootedStretch(
  { phases, durationMs }: Timed,
  variant: string | undefined,
): Stretch | undefined {
  const mine = phases.filter(
    (phase) => phase.name !== "provision" && (variant === undefined || phase.variant === variant),
  );
  const begins = mine.flatMap(({ name, startMs }) => (name === "boot" ? (startMs ?? []) : []));
  if (begins.length === 0) return undefined;
  const ends = mine.map((phase) => (phase.startMs ?? 0) + phase.durationMs);
  const whole = variant === undefined ? durationMs : 0;
  return { from: Math.min(...begins), to: Math.max(...ends, whole) };
}

/** When that was, for texts that give times from boot on; 0 if nothing booted. */
export function bootedAt(result: Timed, variant: string | undefined): number {
  return bootedStretch(result, variant)?.from ?? 0;
}
