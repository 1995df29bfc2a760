// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { VariantPlan } from "../scenario/plan.ts";
import { size } from "../scenario/size.ts";
import { type LinkEnds, linkOf } from "../scenario/topology/graph.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { receiveCommand, sendCommand, sendFile } from "./bulk-tcp.ts";
import { functionsBehind, rootPortOf } from "./link.ts";
import { trafficOf } from "./network.ts";
import { defineStep, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** One memory BAR of the function, as the host's CPU addresses it. */
export interface Bar {
  readonly index: number;
  readonly address: number;
  readonly bytes: number;
}

export interface ScannedBar extends Bar {
  /** How much of the BAR leads to memory of the endpoint: the rest is registers, or leads nowhere. */
  readonly memoryBytes: number;
  readonly hits: number;
}

export interface WindowScanEvidence {
  /** Bytes sent, made of nothing but the marker. */
  readonly bytesSent: number;
  readonly bars: readonly ScannedBar[];
}

const schema = z.strictObject({
  link: linkField,
  size: size.prefault("4M").describe("How much of the marker the host sends."),
});

const markerBytes = 64;
const block = 1 << 16;
const sentFile = "/tmp/marker";
const receivedFile = "/tmp/marker-received";
const direction = "host-to-endpoint";

function barsCommand({ topology }: VariantPlan, link: LinkEnds): GuestCommand {
  const rootPort = rootPortOf(topology, link);
  return {
    on: link.host,
    what: "reading where the BARs are",
    script: `set -eu
for device in ${functionsBehind(rootPort)}; do
  [ "$(basename "$(readlink "$device/driver")")" = ntb_hw_epf ] || continue
  head -n 6 "$device/resource"
  exit
done
echo "no function behind ${rootPort} is bound to ntb_hw_epf" >&2
exit 1`,
  };
}

function makeCommand({ host }: LinkEnds, marker: string, bytes: number): GuestCommand {
  return {
    on: host,
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

/** A range of guest-physical addresses, both ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The ranges behind which there is memory, from QEMU's `info mtree -f`, within the view of the guest's CPU. */
export function parseMemoryRanges(text: string): Range[] {
  const views = text.split(/^FlatView/m);
  const cpuView = views.find((view) => /AS "memory",/.test(view)) ?? "";
  const line = /^\s+([0-9a-f]{16})-([0-9a-f]{16}) \(prio \S+, (?:nv-)?ram\)/gm;
  return [...cpuView.matchAll(line)].map(([, first = "", last = ""]) => ({
    first: Number.parseInt(first, 16),
    last: Number.parseInt(last, 16),
  }));
}

/** The parts of ranges that lie in a BAR. */
export function within(bar: Bar, ranges: readonly Range[]): Range[] {
  const end = bar.address + bar.bytes - 1;
  return ranges
    .map(({ first, last }) => ({ first: Math.max(first, bar.address), last: Math.min(last, end) }))
    .filter(({ first, last }) => first <= last);
}

/** Looks at a BAR with the host CPU's eyes: what lies behind it in the endpoint, not what the guest says. */
async function scan(
  context: StepContext,
  { host }: LinkEnds,
  bar: Bar,
  marker: string,
): Promise<ScannedBar> {
  const { qmp } = context.lab.vm(host);
  const limit = { ms: context.limitMs, signal: context.lab.signal };
  const ranges = within(bar, parseMemoryRanges(await qmp.human("info mtree -f")));
  let memoryBytes = 0;
  let hits = 0;
  for (const { first, last } of ranges) {
    const bytes = last - first + 1;
    const filename = join(context.lab.directory, "window");
    await qmp.execute("pmemsave", { val: first, size: bytes, filename }, limit);
    hits += occurrences(await readFile(filename), marker);
    await rm(filename);
    memoryBytes += bytes;
  }
  return { ...bar, memoryBytes, hits };
}

export const windowScan = defineStep({
  kind: "window-scan",
  summary: "sends a marker from the host and searches the function's BARs for it afterwards",
  schema,
  limitMs: () => 30_000,
  title: () => "Search the shared windows for payload",
  commands: (params, plan) => {
    const link = linkOf(plan.topology, params.link);
    return [
      barsCommand(plan, link),
      makeCommand(link, "MARKER", params.size),
      receiveCommand(trafficOf(plan.topology, params), direction, receivedFile),
      sendCommand(trafficOf(plan.topology, params), direction, sentFile),
    ];
  },
  run: async (params, context): Promise<WindowScanEvidence> => {
    const link = linkOf(context.plan.topology, params.link);
    const marker = randomBytes(markerBytes / 2).toString("hex");
    const bars = parseBars(await inGuest(context, barsCommand(context.plan, link)));
    await inGuest(context, makeCommand(link, marker, params.size));
    const sent = await sendFile(
      context,
      trafficOf(context.plan.topology, params),
      direction,
      sentFile,
      receivedFile,
    );
    const scanned: ScannedBar[] = [];
    for (const bar of bars) {
      scanned.push(await scan(context, link, bar, marker));
    }
    return { bytesSent: sent.bytesReceived, bars: scanned };
  },
});
