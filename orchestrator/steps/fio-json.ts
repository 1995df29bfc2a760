// SPDX-License-Identifier: MIT
import * as z from "zod";
import { InfrastructureError } from "../errors.ts";

export const accesses = ["read", "write"] as const;
export type Access = (typeof accesses)[number];

/** What fio tells of one kind of access, of all jobs together. */
export interface AccessFigures {
  readonly requests: number;
  readonly bytes: number;
  /** Milliseconds in which there were such requests. */
  readonly ms: number;
  /** From a request to its end. */
  readonly meanLatencyMs: number;
}

/** Reads of a job that verifies are those that it verified, too. */
export type FioFigures = Readonly<Record<Access, AccessFigures>> & {
  /** An errno of the job's, EILSEQ (84) for data that is not what was written; 0 is none. */
  readonly error: number;
};

const access = z.object({
  io_bytes: z.number(),
  total_ios: z.number(),
  runtime: z.number(),
  lat_ns: z.object({ mean: z.number() }),
});

/** The parts of `fio --output-format=json --group_reporting` that the lab uses. */
const output = z.object({
  jobs: z.tuple([z.object({ error: z.number(), read: access, write: access })]),
});

/**
 * Reads fio's JSON, before which there may be notes.
 *
 * @throws InfrastructureError when it is no such JSON.
 */
export function parseFio(stdout: string): FioFigures {
  const found = output.safeParse(jsonOf(stdout.slice(Math.max(0, stdout.search(/^\{/m)))));
  if (!found.success) {
    throw new InfrastructureError(`fio's JSON is not as expected: ${z.prettifyError(found.error)}`);
  }
  const [{ error, read, write }] = found.data.jobs;
  return { error, read: figuresOf(read), write: figuresOf(write) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InfrastructureError(
      `expected JSON from fio, got: ${text.slice(0, 200) || "nothing"}`,
    );
  }
}

function figuresOf(told: z.output<typeof access>): AccessFigures {
  return {
    requests: told.total_ios,
    bytes: told.io_bytes,
    ms: told.runtime,
    meanLatencyMs: told.lat_ns.mean / 1e6,
  };
}
