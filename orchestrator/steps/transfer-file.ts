// SPDX-License-Identifier: MIT
import * as z from "zod";
import { formatSize, size } from "../scenario/size.ts";
import { type MachineName, otherEnd } from "../scenario/topology/graph.ts";
import { betweenField, linkField } from "../scenario/topology/graph-names.ts";
import { receiveCommand, sendCommand, sendFile } from "./bulk-tcp.ts";
import { type Counters, counting } from "./counters.ts";
import {
  aboutDirection,
  type Direction,
  directionInMetrics,
  directions,
  directionsField,
  overWhich,
  senderOf,
  type Traffic,
  trafficOf,
} from "./network.ts";
import { defineStep, type GuestCommand, inGuest } from "./step-kind.ts";

/** One file's way from one guest to the other. */
export interface FileTransfer {
  readonly direction: Direction;
  readonly bytes: number;
  readonly bytesReceived: number;
  readonly sha256Sent: string;
  readonly sha256Received: string;
  /** Time from the first connection to the last byte, in milliseconds. */
  readonly ms: number;
  readonly counters: Counters;
}

export interface TransferFileEvidence {
  readonly transfers: readonly FileTransfer[];
  /** The machines between which they went, where that was no link's two. */
  readonly between?: readonly MachineName[];
}

const block = 1 << 20;

const schema = z.strictObject({
  link: linkField,
  between: betweenField,
  size: size
    .refine((bytes) => bytes % block === 0, { error: "expected a multiple of 1M" })
    .prefault("256M")
    .describe("How large the file is: a multiple of 1M."),
  directions: directionsField,
});
type Params = z.output<typeof schema>;

const place = "/run/lab-transfer";
const received = `${place}/received`;

/** Random bytes cost an emulated CPU seconds: a guest makes its file once, and later steps send it again. */
function makeCommand(
  { size: bytes }: Params,
  { ends }: Traffic,
  direction: Direction,
): GuestCommand {
  const file = sentFile(bytes);
  // Beside what earlier steps have left there.
  const room = Math.ceil((bytes * 2) / block) + 8;
  return {
    on: ends[senderOf(direction)],
    what: "making a file of random bytes",
    script: `set -eu
mkdir -p ${place}
grep -q ' ${place} ' /proc/mounts || mount -t tmpfs lab ${place}
mount -o remount,size=$(($(du -sm ${place} | cut -f1) + ${room}))M ${place}
if [ ! -e ${file}.sha256 ]; then
  dd if=/dev/urandom of=${file} bs=1M count=${bytes / block} 2> /dev/null
  sha256sum < ${file} > ${file}.sha256
fi
cat ${file}.sha256`,
  };
}

function sentFile(bytes: number): string {
  return `${place}/random-${formatSize(bytes)}`;
}

function hashCommand({ ends }: Traffic, direction: Direction): GuestCommand {
  return {
    on: ends[otherEnd[senderOf(direction)]],
    what: "hashing the received file",
    script: `set -eu\nsha256sum < ${received}\nrm ${received}`,
  };
}

export const transferFile = defineStep({
  kind: "transfer-file",
  summary: "sends a file of random bytes and takes its SHA-256 on both sides",
  schema,
  limitMs: (params) => 20_000 + params.directions.length * (10_000 + params.size / 5_000),
  title: (params) =>
    `Send ${formatSize(params.size)} of random bytes in each direction${overWhich(params)}`,
  commands: (params, plan) => {
    const traffic = trafficOf(plan.topology, params);
    return params.directions.flatMap((direction) => [
      makeCommand(params, traffic, direction),
      receiveCommand(traffic, direction, received),
      sendCommand(traffic, direction, sentFile(params.size)),
      hashCommand(traffic, direction),
    ]);
  },
  run: async (params, context): Promise<TransferFileEvidence> => {
    const { topology } = context.plan;
    const traffic = trafficOf(topology, params);
    context.progress("making random bytes");
    // Both tmpfs must be there before the first transfer: every sender is the other direction's receiver.
    const sent = await Promise.all(
      directions.map((direction) => inGuest(context, makeCommand(params, traffic, direction))),
    );
    const hashes = new Map(
      directions.map((direction, index) => [direction, firstWord(sent[index])]),
    );
    const moved = [];
    for (const direction of params.directions) {
      context.progress(direction);
      const { result, counters } = await counting(context, traffic, () =>
        sendFile(context, traffic, direction, sentFile(params.size), received),
      );
      moved.push({ direction, counters, ...result });
    }
    context.progress("taking the SHA-256 of what arrived");
    const transfers = await Promise.all(
      moved.map(async (file) => ({
        ...file,
        bytes: params.size,
        sha256Sent: hashes.get(file.direction) ?? "",
        sha256Received: firstWord(await inGuest(context, hashCommand(traffic, file.direction))),
      })),
    );
    const { between } = params;
    return { transfers, ...(between ? { between } : {}) };
  },
  failure: ({ transfers }) => {
    const damaged = transfers.find(
      ({ bytes, bytesReceived, sha256Sent, sha256Received }) =>
        bytesReceived !== bytes || sha256Received !== sha256Sent,
    );
    return (
      damaged && { message: `the file did not arrive as it was: ${damaged.direction}`, lines: [] }
    );
  },
  measures: [
    {
      name: "file.throughput.<direction>",
      unit: "Gb/s",
      clock: "lab",
      about: `from the first connection to the last byte; ${aboutDirection}`,
      samples: ({ transfers, between }) =>
        transfers.map(({ direction, bytesReceived, ms }) => ({
          which: [directionInMetrics(direction, between)],
          values: [(bytesReceived * 8) / ms / 1e6],
        })),
    },
  ],
});

function firstWord(text: string | undefined): string {
  return text?.trim().split(/\s+/)[0] ?? "";
}
