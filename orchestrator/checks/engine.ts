// SPDX-License-Identifier: MIT
import * as z from "zod";
import { total } from "../lab/stats.ts";
import type { Direction } from "../steps/network.ts";
import { defineCheck, evidenceOf } from "./kind.ts";

/** The engine's channels that carry a direction: the host uses the read channels, the endpoint the write channels. */
const channelsFor = {
  "host-to-endpoint": "read",
  "endpoint-to-host": "write",
} as const satisfies Record<Direction, string>;

export const payloadByDma = defineCheck({
  kind: "payload-by-dma",
  summary: "the engine's channels of each direction moved the files, and not much more",
  schema: z.strictObject({
    of: z.string(),
    /** Largest ratio of what the engine moved to the payload. */
    "max-ratio": z.number().min(1).default(1.1),
  }),
  references: ({ of }) => [{ field: "of", id: of, kinds: ["transfer-file"] }],
  judge: (params, findings) => {
    const { transfers } = evidenceOf(findings, params.of, "transfer-file");
    const most = params["max-ratio"];
    const complaints: string[] = [];
    const measured = transfers.map(({ direction, bytes, counters }) => {
      const channels = channelsFor[direction];
      const moved = total(counters.controller[channels], "bytes");
      const name = `engine.${channels}.bytes`;
      const ratio = moved / bytes;
      if (moved < bytes)
        complaints.push(`${direction}: ${name} ${moved} is below the payload ${bytes}`);
      if (ratio > most) {
        complaints.push(
          `${direction}: ${name} ${moved} is more than ${most} times the payload ${bytes}`,
        );
      }
      return `${name} ${ratio.toFixed(3)}`;
    });
    return {
      measured: measured.join("; "),
      expected: `1 to ${most}`,
      unit: "of the payload",
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});

export const windowPayload = defineCheck({
  kind: "window-payload",
  summary: "the shared windows hold, or do not hold, payload",
  schema: z.strictObject({ of: z.string(), expect: z.enum(["absent", "present"]) }),
  references: ({ of }) => [{ field: "of", id: of, kinds: ["window-scan"] }],
  judge: (params, findings) => {
    const { bars, bytesSent } = evidenceOf(findings, params.of, "window-scan");
    const hits = bars.reduce((sum, bar) => sum + bar.hits, 0);
    const where = bars.map((bar) => `BAR${bar.index} ${bar.hits}`).join(", ");
    return {
      measured: hits,
      expected: params.expect === "absent" ? 0 : "at least 1",
      unit: "markers found",
      reason: reason(),
    };
    function reason(): string | undefined {
      if (bars.length === 0) return "the function has no memory BAR to look into";
      if (bytesSent === 0) return "the marker was not sent";
      if (params.expect === "absent" && hits > 0) return `payload lies in the windows: ${where}`;
      if (params.expect === "present" && hits === 0) return `no payload in the windows: ${where}`;
      return undefined;
    }
  },
});

export const notifications = defineCheck({
  kind: "notifications",
  summary: "a direction's notifications came by the dedicated read channel, or by MSI",
  schema: z.strictObject({
    of: z.string(),
    direction: z.enum(["host-to-endpoint", "endpoint-to-host"]),
  }),
  references: ({ of }) => [{ field: "of", id: of, kinds: ["iperf3", "transfer-file"] }],
  judge: (params, findings) => {
    const item = findings.evidence.find((evidence) => evidence.id === params.of);
    const counted =
      item?.kind === "iperf3"
        ? [item.data.counters]
        : item?.kind === "transfer-file"
          ? item.data.transfers.map((file) => file.counters)
          : [];
    const sum = (pick: (c: (typeof counted)[number]) => number) =>
      counted.reduce((all, counters) => all + pick(counters), 0);
    if (params.direction === "endpoint-to-host") {
      const msi = sum((c) => c.controller.msi + c.controller.msix);
      return {
        measured: msi,
        expected: "at least 1",
        unit: "MSIs",
        reason: msi < 1 ? "the endpoint sent the host no MSI" : undefined,
      };
    }
    const notified = sum((c) => total(c.controller.read, "notifications"));
    const doorbells = sum((c) => c.controller.doorbells + vntbDoorbells(c.endpoint.interrupts));
    return {
      measured: `${notified} by read channel, ${doorbells} by vNTB doorbell`,
      expected: "at least 1 by read channel, 0 by vNTB doorbell",
      reason:
        notified < 1
          ? "no read channel notified the endpoint"
          : doorbells > 0
            ? `the host rang a vNTB doorbell ${doorbells} times`
            : undefined,
    };
  },
});

/** Doorbell interrupts that pci-epf-vntb took, by the names that it gives their handlers. */
function vntbDoorbells(interrupts: Readonly<Record<string, number>>): number {
  return Object.entries(interrupts)
    .filter(([name]) => /vntb/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
}
