// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { scenarioDirectory } from "../../project.ts";
import { readPlan } from "../../run/read-plan.ts";
import { showCommand, shown } from "./show.ts";

const plan = (name: string) => readPlan(join(scenarioDirectory, `${name}.yaml`));

test("a scenario is shown with its machines and links", () => {
  expect(shown(plan("two-endpoints"))).toMatch(
    /^two-endpoints: .+\n\nhost, 320M, 1 CPU\n├─ west ─ left: .+\n└─ east ─ right: .+\n$/,
  );
});

test("a kernel with patches on it is told of", () => {
  expect(shown(plan("epf-ntb-return"))).toMatch(
    /^epf-ntb-return: .+\nkernel with epf-ntb, patched by epf-ntb-[a-z-]+(, [a-z-]+)*\n\n/,
  );
});

test("variants are told apart where their graphs differ", () => {
  const one = plan("smoke");
  const [pair] = one.variants;
  const [graph] = plan("two-endpoints").variants;
  if (!pair || !graph) throw new Error("no variant");
  const variants = [pair, { ...pair, variant: "b" }, { ...graph, variant: "c" }];
  const text = shown({
    ...one,
    variants: variants.map((v) => ({ ...v, variant: v.variant || "a" })),
  });
  expect(text.match(/^variants .*$/gm)).toEqual(["variants a, b:", "variants c:"]);
});

test("one scenario is asked for", async () => {
  await expect(showCommand([])).rejects.toThrow(UsageError);
  await expect(showCommand(["a", "b"])).rejects.toThrow('expected "show SCENARIO", got a b');
});
