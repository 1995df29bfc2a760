// SPDX-License-Identifier: MIT
import { createWriteStream } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { MachineName } from "../scenario/topology/graph.ts";
import { before } from "./deadline.ts";
import { GuestError } from "./errors.ts";
import { isCapture, machinesAmong } from "./run-files.ts";
import type { SshConnection } from "./ssh.ts";

/** Of each packet: headers and a little more. An emulated CPU has better things to do than to copy the rest. */
const capturedBytes = 256;

/**
 * All interfaces, those that come later too, but for the control network: a packet of SSH there that says that there was
 * a packet of SSH would have no end.
 */
const capture = `command -v tcpdump >/dev/null || { echo "the image has no tcpdump" >&2; exit 127; }
exec tcpdump -Z root -i any -U -s ${capturedBytes} -w - not net 10.0.2.0/24`;

const stopMs = 2000;

/**
 * Captures a guest's packets into a file from now on, packet by packet, so that a guest that dies leaves what it had.
 * Resolves when the capture runs, with how to end it.
 */
export async function captureGuest(
  ssh: SshConnection,
  file: string,
  limit: { ms: number; signal: AbortSignal },
): Promise<() => Promise<void>> {
  const channel = await ssh.start(capture);
  const written = createWriteStream(file);
  const complete = finished(written);
  let said = "";
  channel.stderr.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const began = new Promise<void>((resolve, reject) => {
    // The file's header comes first, as soon as packets are being taken.
    channel.once("data", () => resolve());
    channel.once("close", () => {
      const reason = said.trim().split("\n").at(-1);
      reject(new GuestError(`${ssh.name}: no packets can be captured: ${reason || "it ended"}`));
    });
  });
  channel.pipe(written);
  // A connection that breaks ends the channel without ending what it is piped into.
  channel.once("close", () => written.end());
  await before({ ...limit, what: `tcpdump in the ${ssh.name} to start` }, began);
  return async () => {
    // Of its own accord it ends with the last packet; a guest that does not answer is cut off.
    const end = { ms: stopMs, what: "tcpdump to end" };
    await ssh.run("killall -INT tcpdump", end).catch(() => {});
    await before(end, complete).catch(() => channel.destroy());
    written.end();
    await complete.catch(() => {});
  };
}

/** Removes what earlier runs in the same directory have captured of these machines and of their own; what others have captured is theirs. */
export async function removeCaptures(out: string, machines: readonly MachineName[]): Promise<void> {
  const names = await readdir(out);
  const known = [...machines, ...machinesAmong(names)];
  const files = names.filter((name) => isCapture(name, known));
  await Promise.all(files.map((name) => rm(join(out, name))));
}
