// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { chooseAccelerator } from "./accelerator.ts";
import type { MachineFacts } from "./machine-facts.ts";

const never = () => Promise.reject(new Error("no trial was due"));
const arm: MachineFacts = { architecture: "arm64", kvmDevice: "usable" };

test("an x86 machine emulates, and never tries KVM", async () => {
  const choice = await chooseAccelerator("auto", { ...arm, architecture: "x64" }, never);
  expect(choice).toEqual({
    accelerator: "tcg",
    reason: "software emulation (Arm guests need an Arm machine for KVM, this is x64)",
    timeScale: 1,
  });
});

test("an Arm machine whose KVM may not be used emulates", async () => {
  const choice = await chooseAccelerator("auto", { ...arm, kvmDevice: "not permitted" }, never);
  expect(choice.reason).toBe("software emulation (/dev/kvm is not permitted)");
});

test("an Arm machine on which the trial guest hangs emulates", async () => {
  const choice = await chooseAccelerator("auto", arm, async () => false);
  expect(choice.accelerator).toBe("tcg");
  expect(choice.reason).toContain("trial guest under KVM was not up");
});

test("an Arm machine on which the trial guest comes up uses KVM", async () => {
  const choice = await chooseAccelerator("auto", arm, async () => true);
  expect(choice.accelerator).toBe("kvm");
  expect(choice.timeScale).toBeLessThan(1);
});

test("software emulation can be asked for where KVM works", async () => {
  const choice = await chooseAccelerator("tcg", arm, never);
  expect(choice).toMatchObject({ accelerator: "tcg", timeScale: 1 });
  expect(choice.reason).toContain("--accel tcg");
});

test.each([
  [{ ...arm, architecture: "x64" }, never, "Arm guests need an Arm machine"],
  [{ ...arm, kvmDevice: "missing" as const }, never, "/dev/kvm is missing"],
  [arm, async () => false, "a trial guest under KVM was not up"],
])("KVM that is asked for and not there is refused with the reason", async (facts, trial, why) => {
  const refused = chooseAccelerator("kvm", facts, trial);
  await expect(refused).rejects.toMatchObject({ exitStatus: 2 });
  await expect(refused).rejects.toThrow(why);
});
