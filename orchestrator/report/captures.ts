// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isCapture } from "../lab/run-files.ts";
import type { Reporter } from "./events.ts";
import type { Report } from "./report.ts";

/** Says which packets were captured, and where they are: QEMU leaves those files. */
export const capturesReport = {
  files: [],
  ofRun: ({ pcap, say }) => (pcap ? capturesReporter(say) : undefined),
} satisfies Report;

function capturesReporter(say: (text: string) => void): Reporter {
  return {
    name: "captures",
    on: (event) => {
      if (event.type !== "run-finished") return;
      for (const directory of new Set(event.consoles.map(({ file }) => dirname(file)))) {
        const machines = event.consoles.map(({ role }) => role);
        for (const name of readdirSync(directory).sort()) {
          if (!isCapture(name, machines)) continue;
          const file = join(directory, name);
          const count = packetCount(readFileSync(file));
          say(`packets: ${file} (${count.toLocaleString("en")})`);
        }
      }
    },
  };
}

const fileHeader = 24;
const packetHeader = 16;

/** Number of whole packets in a file of libpcap (draft-ietf-opsawg-pcap), of little-endian machines as ours are. */
export function packetCount(file: Buffer): number {
  let count = 0;
  for (let at = fileHeader; at + packetHeader <= file.length; count++) {
    at += packetHeader + file.readUInt32LE(at + 8);
    if (at > file.length) break;
  }
  return count;
}
