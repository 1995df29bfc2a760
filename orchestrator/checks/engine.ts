// SPDX-License-Identifier: MIT
import * as z from "zod";
import { type ControllerStats, type ControllersStats, total } from "../lab/stats.ts";
import { linkField } from "../scenario/topology/graph-names.ts";
import { type Direction, opposite } from "../steps/network.ts";
import { defineCheck, NothingToJudge } from "./check-kind.ts";
import { evidenceFrom, evidenceOf, stepOf } from "./step-field.ts";

/** The engine's channels that carry a direction: the host uses the read channels, the endpoint the write channels. */
const channelsFor = {
  "host-to-endpoint": "read",
  "endpoint-to-host": "write",
} as const satisfies Record<Direction, string>;

export const payloadByDma = defineCheck({
  kind: "payload-by-dma",
  summary: "the engine's channels of each direction moved the files, and not much more",
  schema: z.strictObject({
    of: stepOf("transfer-file"),
    "max-ratio": z
      .number()
      .min(1)
      .default(1.1)
      .describe("The largest ratio of what the engine moved to the payload."),
  }),
  judge: (params, findings) => {
    const { transfers } = evidenceOf(findings, params.of, "transfer-file");
    const most = params["max-ratio"];
    const complaints: string[] = [];
    const moves = transfers.flatMap(({ direction, bytes, counters }) =>
      counters.hops.map(({ forward, controller }) => ({
        ...{ bytes, controller },
        direction: direction === "host-to-endpoint" ? forward : opposite(forward),
      })),
    );
    const measured = moves.map(({ direction, bytes, controller }) => {
      const channels = channelsFor[direction];
      const moved = total(controller[channels], "bytes");
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
  schema: z.strictObject({
    of: stepOf("window-scan"),
    expect: z
      .enum(["absent", "present"])
      .describe("Whether the marker may be found, or has to be."),
  }),
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
      if (bars.every((bar) => bar.memoryBytes === 0))
        return "no BAR leads to memory of the endpoint";
      if (bytesSent === 0) return "the marker was not sent";
      if (params.expect === "absent" && hits > 0) return `payload lies in the windows: ${where}`;
      if (params.expect === "present" && hits === 0) return `no payload in the windows: ${where}`;
      return undefined;
    }
  },
});

/** What the controller of the link counted, or that of the only one. */
function countedAt(
  controllers: ControllersStats = {},
  link = Object.keys(controllers)[0] ?? "",
): ControllerStats | undefined {
  return controllers[link];
}

/** How notifications may come, and how many of them a run's counters hold. */
const ways = {
  "read-channel": ({ read }) => total(read, "notifications"),
  doorbell: ({ doorbells }) => doorbells,
  msi: ({ msi, msix }) => msi + msix,
} as const satisfies Record<string, (stats: ControllerStats) => number>;

const way = z.enum(["read-channel", "doorbell", "msi"]);

export const notifications = defineCheck({
  kind: "notifications",
  summary: "notifications came in one way during a step, and not in another",
  schema: z.strictObject({
    of: stepOf(),
    link: linkField,
    by: way.describe("How they have to have come, once at least."),
    "not-by": way.optional().describe("How none may have come."),
  }),
  judge: (params, findings) => {
    const { controllers } = evidenceFrom(findings, params.of);
    const controller = countedAt(controllers, params.link);
    if (!controller) {
      throw new NothingToJudge(
        `the controller's counters could not be read before and after the step "${params.of}"`,
      );
    }
    const without = params["not-by"];
    const came = ways[params.by](controller);
    const others = without === undefined ? 0 : ways[without](controller);
    const also = (text: string) => (without === undefined ? "" : `, ${text} by ${without}`);
    return {
      measured: `${came} by ${params.by}${also(String(others))}`,
      expected: `at least 1 by ${params.by}${also("0")}`,
      reason: reason(),
    };
    function reason(): string | undefined {
      if (came < 1) return `no notification came by ${params.by}`;
      return others > 0 ? `${others} notifications came by ${without}` : undefined;
    }
  },
});
