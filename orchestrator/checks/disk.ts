// SPDX-License-Identifier: MIT
import * as z from "zod";
import { endingOf } from "../lab/ending.ts";
import { formatSize, size } from "../scenario/size.ts";
import { defineCheck, NothingToJudge } from "./check-kind.ts";
import { evidenceOf, stepOf } from "./step-field.ts";

/** errno of fio's for a block whose checksum is not that of what was written. */
const EILSEQ = 84;

export const fioVerified = defineCheck({
  kind: "fio-verified",
  judgesOutcome: true,
  summary: "all that fio wrote was read again and had its checksum",
  schema: z.strictObject({
    of: stepOf("fio"),
    "min-size": size.prefault("1M").describe("How much has to have been written at least."),
  }),
  judge: (params, findings) => {
    const evidence = evidenceOf(findings, params.of, "fio");
    const { verifies, stderr, figures, mixedSize } = evidence;
    if (!verifies) throw new NothingToJudge(`the step "${params.of}" verifies nothing`);
    const least = params["min-size"];
    const expected = `${formatSize(least)} or more written, and all of it verified`;
    if (evidence.status !== 0 || !figures) {
      const said = stderr.trim().split("\n")[0] || "nothing";
      const ended = endingOf(evidence);
      return { measured: `fio ${ended}`, expected, reason: `fio ${ended} and said: ${said}` };
    }
    const { write, read, error } = figures;
    // fio tells of what a mixed pattern reads and of what it verifies in one number.
    const own = mixedSize === undefined ? 0 : mixedSize - write.bytes;
    const verified = Math.max(0, read.bytes - own);
    const reason =
      error === EILSEQ
        ? "a block was not what was written"
        : error !== 0
          ? `a job ended with errno ${error}`
          : write.bytes < least
            ? `only ${write.bytes} bytes were written`
            : verified < write.bytes
              ? `only ${verified} of ${write.bytes} bytes were read again`
              : undefined;
    return {
      measured: `${write.bytes} B in ${write.requests} requests written, ${verified} B read again`,
      expected,
      reason,
    };
  },
});
