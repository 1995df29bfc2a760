// SPDX-License-Identifier: MIT

import { otherEnd } from "../scenario/topology/graph.ts";
import { type Direction, senderOf, type Traffic } from "./network.ts";
import { blamed } from "./peer-gone.ts";
import { execOptions, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** Printed by a receiver as soon as its port accepts a connection. */
const listening = "listening";
const port = 5301;
const portInHex = port.toString(16);

/**
 * Takes one connection into a file. `nc` hands the socket itself to `dd`, which moves large blocks;
 * `nc` alone would copy a kilobyte at a time, which an emulated CPU feels.
 */
export function receiveCommand(
  { ends }: Traffic,
  direction: Direction,
  file: string,
): GuestCommand {
  return {
    on: ends[otherEnd[senderOf(direction)]],
    what: "receiving a file",
    script: `set -eu
nc -l -p ${port} -e dd of=${file} bs=256k & receiver=$!
until grep -qi ':${portInHex} 00000000:0000 0A' /proc/net/tcp; do kill -0 $receiver; sleep 0.02; done
echo ${listening}
wait $receiver
stat -c %s ${file}`,
  };
}

export function sendCommand(
  { ends, addresses }: Traffic,
  direction: Direction,
  file: string,
): GuestCommand {
  const sender = senderOf(direction);
  return {
    on: ends[sender],
    what: "sending a file",
    script: `nc ${addresses[otherEnd[sender]]} ${port} -e dd if=${file} bs=256k`,
  };
}

/** Sends a file over a link's NTB network by TCP; returns the bytes that arrived, and the time in milliseconds. */
export async function sendFile(
  context: StepContext,
  traffic: Traffic,
  direction: Direction,
  from: string,
  to: string,
): Promise<{ bytesReceived: number; ms: number }> {
  const receive = receiveCommand(traffic, direction, to);
  const receiver = await context.lab
    .vm(receive.on)
    .ssh.background(receive.script, listening, execOptions(context, receive.what));
  const began = performance.now();
  await inGuest(context, sendCommand(traffic, direction, from)).catch((error: unknown) => {
    throw blamed(error);
  });
  const { stdout } = await receiver.stop();
  return {
    bytesReceived: Number(stdout.trim().split("\n").at(-1)),
    ms: performance.now() - began,
  };
}
