// SPDX-License-Identifier: MIT
import * as z from "zod";
import { formatSize, size } from "../scenario/size.ts";
import { defineCheck } from "./check-kind.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

export const throughput = defineCheck({
  kind: "throughput",
  summary: "iperf3 carried data in every direction it ran, above a floor, with bounded loss",
  schema: z.strictObject({
    of: stepOf("iperf3"),
    "min-megabits": z
      .number()
      .positive()
      .describe(
        "The least rate of every sample, in Mb/s; `--timeout-scale 3` is content with a third.",
      ),
    "max-loss-percent": z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe("The largest share of datagrams that may be lost, for UDP."),
  }),
  judge: (params, findings) => {
    const { samples, protocol } = evidenceOf(findings, params.of, "iperf3");
    const floor = params["min-megabits"] / (findings.timeoutScale ?? 1);
    const most = params["max-loss-percent"];
    const complaints: string[] = [];
    const measured = Object.entries(samples).map(([direction, runs]) => {
      const worst = Math.min(...runs.map((run) => run.gigabits * 1000));
      const loss = Math.max(0, ...runs.map((run) => run.lostPercent ?? 0));
      if (runs.length > 0 && !(worst >= floor)) {
        complaints.push(`${direction}: ${worst.toFixed(0)} Mb/s is below ${rate(floor)} Mb/s`);
      }
      if (most !== undefined && loss > most) {
        complaints.push(`${direction}: ${loss.toFixed(1)} % lost is above ${most} %`);
      }
      const lost = protocol === "udp" ? `, ${loss.toFixed(1)} % lost` : "";
      return runs.length > 0
        ? `${direction} ${worst.toFixed(0)} Mb/s${lost}`
        : `${direction} not run`;
    });
    return {
      measured: measured.join("; "),
      expected: `at least ${rate(floor)} Mb/s${most === undefined ? "" : `, at most ${most} % lost`}`,
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});

function rate(megabits: number): string {
  return String(Number(megabits.toFixed(1)));
}

export const sameSha256 = defineCheck({
  kind: "same-sha256",
  judgesOutcome: true,
  summary: "every file arrived whole, with the same SHA-256",
  schema: z.strictObject({
    of: stepOf("transfer-file"),
    "min-size": size.prefault("256M").describe("The least size of every file."),
  }),
  judge: (params, findings) => {
    const { transfers } = evidenceOf(findings, params.of, "transfer-file");
    const least = params["min-size"];
    const complaints = transfers.flatMap((file) => {
      const where = file.direction;
      if (file.bytes < least) return [`${where}: only ${file.bytes} bytes were sent`];
      if (file.bytesReceived !== file.bytes) {
        return [`${where}: ${file.bytesReceived} of ${file.bytes} bytes arrived`];
      }
      const hash = /^[0-9a-f]{64}$/;
      if (hash.test(file.sha256Sent) && file.sha256Sent === file.sha256Received) return [];
      return [`${where}: sent ${file.sha256Sent || "?"}, received ${file.sha256Received || "?"}`];
    });
    return {
      measured: transfers
        .map(
          (file) => `${file.direction} ${file.bytesReceived} B ${file.sha256Received.slice(0, 12)}`,
        )
        .join("; "),
      expected: `the sender's SHA-256, ${formatSize(least)} or more each way`,
      reason: complaints.length > 0 ? complaints.join("; ") : undefined,
    };
  },
});
