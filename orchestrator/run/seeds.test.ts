// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { Plan } from "../scenario/plan.ts";
import { reproducingSeed, requireVirtualTime, seedOf, withSeed } from "./seeds.ts";

function planOf(...topologies: { time: "wall" | "virtual"; seed: number }[]): Plan {
  const variants = topologies.map((topology, place) => ({ variant: `v${place}`, topology }));
  return { scenario: "mine", variants } as unknown as Plan;
}

test("a plan with another seed has it in all variants, and is the same otherwise", () => {
  const plan = planOf({ time: "virtual", seed: 0 }, { time: "virtual", seed: 3 });
  const seeded = withSeed(plan, 9);
  expect(seeded.variants.map(({ topology }) => topology.seed)).toEqual([9, 9]);
  expect(seeded.scenario).toBe("mine");
  expect(plan.variants.map(({ topology }) => topology.seed)).toEqual([0, 3]);
  expect([seedOf(plan), seedOf(seeded)]).toEqual([undefined, 9]);
  expect(seedOf(planOf({ time: "virtual", seed: 0 }))).toBeUndefined();
});

test("on wall-clock time no seed varies anything, and who asks for it is told", () => {
  const plan = planOf({ time: "virtual", seed: 0 }, { time: "wall", seed: 0 });
  expect(() => requireVirtualTime(plan)).toThrow("mine, variant v1 goes by the wall clock");
  requireVirtualTime(planOf({ time: "virtual", seed: 0 }));
  const [variant] = planOf({ time: "wall", seed: 0 }).variants;
  const nameless = { scenario: "mine", variants: [{ ...variant, variant: "" }] } as unknown as Plan;
  expect(() => requireVirtualTime(nameless)).toThrow("and mine goes by the wall clock");
  expect(
    seedOf(planOf({ time: "virtual", seed: 4 }, { time: "virtual", seed: 5 })),
  ).toBeUndefined();
});

test("the command of one run names its seed", () => {
  expect(reproducingSeed("npm run scenario smoke", 4)).toBe("npm run scenario smoke -- --seed 4");
  expect(reproducingSeed("npm run scenario smoke -- --accel tcg", 4)).toBe(
    "npm run scenario smoke -- --accel tcg --seed 4",
  );
});
