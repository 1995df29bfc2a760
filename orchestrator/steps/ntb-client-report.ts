// SPDX-License-Identifier: MIT
import { GuestError } from "../lab/errors.ts";

/** What ntb_client says of one stream or of several at once. */
export interface StreamReport {
  /** Payload that arrived, and the time from the first stream's begin to the last one's end. */
  readonly bytes: number;
  readonly ns: number;
  readonly frames: number;
  /** By the sender's CLOCK_MONOTONIC, in ns. */
  readonly began: number;
}

/** Reads ntb_client's reports of so many runs, one after the other. Throws when a stream did not end well. */
export function parseQpReports(text: string, beginnings = 1): StreamReport[] {
  const failed = /^not ok .*$/m.exec(text);
  if (failed) throw new GuestError(`ntb_client: ${failed[0]}`);
  const runs = beginnings === 1 ? [text] : text.split(/^KTAP version .*$/m).slice(1);
  if (runs.length !== beginnings) {
    throw new GuestError(
      `expected ntb_client's figures of ${beginnings} runs, got ${runs.length}: ${text.slice(-200).trim()}`,
    );
  }
  return runs.map(parseQpReport);
}

/** What one run moved: its streams were beside each other. */
function parseQpReport(text: string): StreamReport {
  const lines = [
    ...text.matchAll(/^# throughput .* bytes=(\d+) ns=(\d+) began=(\d+) .*received=(\d+) .*$/gm),
  ];
  if (lines.length === 0) {
    throw new GuestError(`expected ntb_client's figures, got: ${text.slice(-200).trim()}`);
  }
  const streams = lines.map((line) => {
    const [bytes = 0, ns = 0, began = 0, frames = 0] = line.slice(1).map(Number);
    return { bytes, began, ended: began + ns, frames };
  });
  const first = Math.min(...streams.map(({ began }) => began));
  return {
    bytes: sum(streams.map(({ bytes }) => bytes)),
    ns: Math.max(...streams.map(({ ended }) => ended)) - first,
    frames: sum(streams.map(({ frames }) => frames)),
    began: first,
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
