// SPDX-License-Identifier: MIT
import * as z from "zod";
import { formatSize, size } from "../scenario/size.ts";
import { type Counters, counting } from "./counters.ts";
import { defineStep, execOptions, type GuestCommand, inGuest, type StepContext } from "./kind.ts";
import { addresses, type Direction, directions, peerOf, senderOf } from "./network.ts";

/** One file's way from one guest to the other. */
export interface FileTransfer {
  readonly direction: Direction;
  readonly bytes: number;
  readonly bytesReceived: number;
  readonly sha256Sent: string;
  readonly sha256Received: string;
  /** Time on the wire, in milliseconds. */
  readonly ms: number;
  readonly counters: Counters;
}

export interface TransferFileEvidence {
  readonly transfers: readonly FileTransfer[];
}

const schema = z.strictObject({
  size: size.default(256 << 20),
  directions: z
    .array(z.enum(directions))
    .min(1)
    .default([...directions]),
});
type Params = z.output<typeof schema>;

const place = "/run/lab-transfer";
const port = 5201 + 100;

function makeCommand(bytes: number, direction: Direction): GuestCommand {
  const room = Math.ceil((bytes * 2) / (1 << 20)) + 8;
  return {
    on: senderOf(direction),
    what: "making a file of random bytes",
    script: `set -eu
mkdir -p ${place}
mountpoint -q ${place} || mount -t tmpfs -o size=${room}M lab ${place}
head -c ${bytes} /dev/urandom | tee ${place}/sent | sha256sum`,
  };
}

/** Says that it listens, then takes one connection; prints size and hash of what came. */
function receiveCommand(bytes: number, direction: Direction): GuestCommand {
  const on = peerOf(senderOf(direction));
  const room = Math.ceil((bytes * 2) / (1 << 20)) + 8;
  return {
    on,
    what: "receiving the file",
    script: `set -eu
mkdir -p ${place}
mountpoint -q ${place} || mount -t tmpfs -o size=${room}M lab ${place}
nc -l -s ${addresses[on]} -p ${port} < /dev/null > ${place}/received & receiver=$!
while ! grep -qi ':${port.toString(16)} 00000000:0000 0A' /proc/net/tcp; do kill -0 $receiver; sleep 0.02; done
echo listening
wait $receiver
wc -c < ${place}/received
sha256sum < ${place}/received
rm ${place}/received`,
  };
}

function sendCommand(direction: Direction): GuestCommand {
  const on = senderOf(direction);
  return {
    on,
    what: "sending the file",
    script: `set -eu
nc ${addresses[peerOf(on)]} ${port} < ${place}/sent
rm ${place}/sent`,
  };
}

function cleanCommand(on: GuestCommand["on"]): GuestCommand {
  return { on, what: "removing the files", script: `umount ${place}` };
}

async function transfer(
  params: Params,
  direction: Direction,
  context: StepContext,
): Promise<FileTransfer> {
  const made = await inGuest(context, makeCommand(params.size, direction));
  const receive = receiveCommand(params.size, direction);
  const { result, counters } = await counting(context, async () => {
    const finish = await context.lab[receive.on].ssh.background(
      receive.script,
      "listening",
      execOptions(context, receive.what),
    );
    const began = performance.now();
    await inGuest(context, sendCommand(direction));
    const ms = performance.now() - began;
    return { ms, received: await finish() };
  });
  const [, count = "", hash = ""] = result.received.stdout.trim().split("\n");
  return {
    direction,
    bytes: params.size,
    bytesReceived: Number(count),
    sha256Sent: made.trim().split(/\s+/)[0] ?? "",
    sha256Received: hash.split(/\s+/)[0] ?? "",
    ms: result.ms,
    counters,
  };
}

export const transferFile = defineStep({
  kind: "transfer-file",
  summary: "sends a file of random bytes and takes its SHA-256 on both sides",
  schema,
  limitMs: (params) => 15_000 + params.directions.length * (10_000 + params.size / 10_000),
  title: (params) => `Send ${formatSize(params.size)} of random bytes in each direction`,
  commands: (params) => [
    ...params.directions.flatMap((direction) => [
      makeCommand(params.size, direction),
      receiveCommand(params.size, direction),
      sendCommand(direction),
    ]),
    cleanCommand("endpoint"),
    cleanCommand("host"),
  ],
  run: async (params, context): Promise<TransferFileEvidence> => {
    const transfers: FileTransfer[] = [];
    for (const direction of params.directions) {
      context.progress(direction);
      transfers.push(await transfer(params, direction, context));
    }
    await Promise.all([
      inGuest(context, cleanCommand("endpoint")),
      inGuest(context, cleanCommand("host")),
    ]);
    return { transfers };
  },
});
