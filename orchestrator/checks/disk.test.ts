// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { FioEvidence } from "../steps/fio.ts";
import type { FioFigures } from "../steps/fio-json.ts";
import type { CheckResult } from "./findings.ts";
import { judge } from "./registry.ts";

const figures = (write: number, read: number, error = 0): FioFigures => ({
  error,
  write: { requests: 5, bytes: write, ms: 1, meanLatencyMs: 1 },
  read: { requests: 5, bytes: read, ms: 1, meanLatencyMs: 1 },
});

function judged(change: Partial<FioEvidence>): CheckResult {
  const data: FioEvidence = {
    ...{ status: 0, stdout: "", stderr: "", verifies: true },
    figures: figures(4096, 4096),
    ...change,
  };
  const check = {
    kind: "fio-verified",
    id: "it",
    title: "it",
    params: { of: "one", "min-size": 4096 },
  };
  const [result] = judge([check], {
    evidence: [{ id: "one", kind: "fio", data }],
    ...{ consoles: { host: [], endpoint: [] }, metrics: [], complete: true },
  });
  if (!result) throw new Error("no result");
  return result;
}

test("passes when all that was written was read again", () => {
  expect(judged({})).toMatchObject({ status: "pass", reason: "" });
  expect(judged({ figures: figures(4096, 9000) })).toMatchObject({ status: "pass" });
  // As fio 3.33 tells of a `randrw` over 16 MiB: 7499264 bytes of its own and 9277952 that it verified.
  const mixed = { figures: figures(9_277_952, 16_777_216), mixedSize: 16_777_216 };
  expect(judged(mixed)).toMatchObject({
    ...{ status: "pass", measured: "9277952 B in 5 requests written, 9277952 B read again" },
  });
});

test.each([
  [{ figures: figures(4096, 4095) }, "only 4095 of 4096 bytes were read again"],
  [{ figures: figures(4096, 8192), mixedSize: 16_384 }, "only 0 of 4096 bytes were read again"],
  [
    { figures: figures(8192, 16_383), mixedSize: 16_384 },
    "only 8191 of 8192 bytes were read again",
  ],
  [{ figures: figures(4095, 4095) }, "only 4095 bytes were written"],
  [{ figures: figures(4096, 4096, 84) }, "a block was not what was written"],
  [{ figures: figures(4096, 4096, 5) }, "a job ended with errno 5"],
  [
    { status: 84, stderr: "crc32c: verify failed\nmore" },
    "fio ended with status 84 and said: crc32c: verify failed",
  ],
  [{ status: undefined }, "fio was killed and said: nothing"],
  [{ status: undefined, signal: "SIGBUS" }, "fio was killed by SIGBUS and said: nothing"],
  [{ verifies: false }, 'the step "one" verifies nothing'],
])("fails with %o", (change, reason) => {
  expect(judged(change as Partial<FioEvidence>)).toMatchObject({ status: "fail", reason });
});
