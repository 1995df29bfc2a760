// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { chooseAccelerator, type MachineFacts } from "./accelerator.ts";

const never = () => Promise.reject(new Error("no trial was due"));
const arm: MachineFacts = { architecture: "arm64", kvmDevice: "usable" };

test("an x86 machine emulates, and never tries KVM", async () => {
  const choice = await chooseAccelerator({ ...arm, architecture: "x64" }, never);
  expect(choice).toEqual({
    accelerator: "tcg",
    reason: "software emulation (Arm guests need an Arm machine for KVM, this is x64)",
    timeScale: 1,
  });
});

test("an Arm machine whose KVM may not be used emulates", async () => {
  const choice = await chooseAccelerator({ ...arm, kvmDevice: "not permitted" }, never);
  expect(choice.reason).toBe("software emulation (/dev/kvm is not permitted)");
});

test("an Arm machine on which the trial guest hangs emulates", async () => {
  const choice = await chooseAccelerator(arm, async () => false);
  expect(choice.accelerator).toBe("tcg");
  expect(choice.reason).toContain("trial guest under KVM was not up");
});

test("an Arm machine on which the trial guest comes up uses KVM", async () => {
  const choice = await chooseAccelerator(arm, async () => true);
  expect(choice.accelerator).toBe("kvm");
  expect(choice.timeScale).toBeLessThan(1);
});
