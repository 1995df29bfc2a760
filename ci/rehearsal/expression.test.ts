// SPDX-License-Identifier: MIT
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are GitHub's expressions written
import { expect, test } from "vitest";
import { holds, interpolated, type Situation } from "./expression.ts";

const situation: Situation = {
  contexts: {
    matrix: { kernel: "6.12" },
    needs: { plan: { outputs: { parts: '[{"shard": "1/2"}]' }, result: "success" } },
    steps: { pack: { outputs: { changed: "true" }, outcome: "failure" } },
    inputs: { kernels: "" },
  },
  failed: false,
};
const afterFailure = { ...situation, failed: true };

test.each([
  ["lab-${{ matrix.kernel }}-x", "lab-6.12-x"],
  ["${{ fromJSON(needs.plan.outputs.parts) }}", [{ shard: "1/2" }]],
  ["${{ inputs.kernels }}", ""],
  ["${{ github.run_id }}", null],
  ["plain", "plain"],
])("%s is %j", (text, value) => {
  expect(interpolated(text, situation)).toEqual(value);
});

test.each([
  [undefined, true, false],
  ["always()", true, true],
  ["${{ !cancelled() && needs.plan.result == 'success' }}", true, true],
  ["failure()", false, true],
  ["always() && steps.pack.outputs.changed == 'true'", true, true],
  ["steps.pack.outcome == 'failure'", true, false],
  ["steps.pack.outputs.nothing != ''", false, false],
])("%s holds while all is well: %s, and after a failure: %s", (condition, well, failed) => {
  expect(holds(condition, situation)).toBe(well);
  expect(holds(condition, afterFailure)).toBe(failed);
});

test("what is no expression is an error", () => {
  expect(() => holds("steps.pack.", situation)).toThrow();
  expect(() => interpolated("${{ nobody.knows }}", situation)).toThrow();
  expect(() => interpolated("${{ hashFiles('a') }}", situation)).toThrow();
});
