// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { size } from "../scenario/size.ts";
import { receiveCommand, sendCommand, sendFile } from "./bulk-tcp.ts";
import { defineStep, type GuestCommand, inGuest, type StepContext } from "./kind.ts";

/** One memory BAR of the function, as the host's CPU addresses it. */
export interface Bar {
  readonly index: number;
  readonly address: number;
  readonly bytes: number;
}

export interface WindowScanEvidence {
  /** Bytes sent, made of nothing but the marker. */
  readonly bytesSent: number;
  readonly bars: readonly (Bar & { readonly hits: number })[];
}

const schema = z.strictObject({
  /** How much of the marker the host sends. */
  size: size.default(4 << 20),
});

const markerBytes = 64;
const block = 1 << 16;
const sentFile = "/tmp/marker";
const receivedFile = "/tmp/marker-received";
const direction = "host-to-endpoint";

const barsCommand: GuestCommand = {
  on: "host",
  what: "reading where the BARs are",
  script:
    'set -eu\nfor driver in /sys/bus/pci/drivers/ntb_hw_epf/*:*; do head -n 6 "$driver/resource"; done',
};

function makeCommand(marker: string, bytes: number): GuestCommand {
  return {
    on: "host",
    what: "making the marker",
    script: `yes ${marker} | dd of=${sentFile} bs=${block} count=${Math.ceil(bytes / block)} iflag=fullblock`,
  };
}

/** Reads the first six lines of a PCI device's sysfs `resource` file: start, end and flags of each BAR. */
export function parseBars(text: string): Bar[] {
  const memory = 0x200; // IORESOURCE_MEM of include/linux/ioport.h
  return text
    .trim()
    .split("\n")
    .flatMap((line, index) => {
      const [start = 0, end = 0, flags = 0] = line.trim().split(/\s+/).map(Number);
      return flags & memory && end > start
        ? [{ index, address: start, bytes: end - start + 1 }]
        : [];
    });
}

export function occurrences(haystack: Buffer, needle: string): number {
  let hits = 0;
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) hits++;
  return hits;
}

/** Looks at a BAR with the host CPU's eyes: what lies behind it in the endpoint, not what the guest says. */
async function countMarker(context: StepContext, bar: Bar, marker: string): Promise<number> {
  const file = join(context.lab.directory, `bar${bar.index}`);
  await context.lab.host.qmp.execute(
    "pmemsave",
    { val: bar.address, size: bar.bytes, filename: file },
    { ms: context.limitMs, signal: context.lab.signal },
  );
  const hits = occurrences(await readFile(file), marker);
  await rm(file);
  return hits;
}

export const windowScan = defineStep({
  kind: "window-scan",
  summary: "sends a marker from the host and searches the function's BARs for it afterwards",
  schema,
  limitMs: () => 30_000,
  title: () => "Search the shared windows for payload",
  commands: (params) => [
    barsCommand,
    makeCommand("MARKER", params.size),
    receiveCommand(direction, receivedFile),
    sendCommand(direction, sentFile),
  ],
  run: async (params, context): Promise<WindowScanEvidence> => {
    const marker = randomBytes(markerBytes / 2).toString("hex");
    const bars = parseBars(await inGuest(context, barsCommand));
    await inGuest(context, makeCommand(marker, params.size));
    const sent = await sendFile(context, direction, sentFile, receivedFile);
    const scanned = [];
    for (const bar of bars) {
      scanned.push({ ...bar, hits: await countMarker(context, bar, marker) });
    }
    return { bytesSent: sent.bytesReceived, bars: scanned };
  },
});
