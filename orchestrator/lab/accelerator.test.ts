// SPDX-License-Identifier: MIT
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Artifacts } from "../artifacts.ts";
import { scenarioDirectory } from "../project.ts";
import { readPlan } from "../run/read-plan.ts";
import { chooseAccelerator, tryKvm } from "./accelerator.ts";
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
  expect(choice.reason).toContain("trial guest under KVM was not up in 8 s");
});

test("an Arm machine on which the trial guest comes up uses KVM", async () => {
  const choice = await chooseAccelerator("auto", arm, async () => true);
  expect(choice.accelerator).toBe("kvm");
  expect(choice.timeScale).toBeLessThan(1);
});

test("a PC and an Arm endpoint are both emulated, whatever the machine has", async () => {
  const choice = await chooseAccelerator("auto", arm, never, "x86-64");
  expect(choice.reason).toContain("no machine has KVM for both");
  await expect(chooseAccelerator("kvm", arm, never, "x86-64")).rejects.toThrow("the host is a PC");
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

describe("a trial guest", () => {
  /** Tries a shell script in QEMU's place. */
  function trying(script: string, signal = new AbortController().signal) {
    const directory = mkdtempSync(join(tmpdir(), "kvm-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    vi.stubEnv("TMPDIR", directory);
    onTestFinished(() => void vi.unstubAllEnvs());
    const binary = join(directory, "qemu");
    writeFileSync(binary, `#!/bin/sh\necho "$@" > ${directory}/arguments\n${script}\n`);
    chmodSync(binary, 0o755);
    const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants;
    if (!plan) throw new Error("smoke has no variant");
    const host = { kernel: { image: "/k/Image", architecture: "arm64" }, initrd: "/k/initrd" };
    const artifacts = { qemu: { binary }, guests: { host, endpoint: host } };
    const came = tryKvm(plan, artifacts as unknown as Artifacts, directory, signal);
    return { directory, came };
  }
  /** No directory for sockets is left of it. */
  const left = (directory: string) =>
    readdirSync(directory).filter((name) => name.startsWith("ntb-edma-lab-"));

  test("that says that it is ready has come up, under KVM and without the link", async () => {
    const { directory, came } = trying("echo ntb-edma-lab: ready; exec sleep 60");
    expect(await came).toBe(true);
    const words = readFileSync(join(directory, "arguments"), "utf8");
    expect(words).toContain("accel=kvm");
    expect(words).toContain("-name ntb-edma-lab-host ");
    expect(words).toContain("-kernel /k/Image -initrd /k/initrd");
    expect(words).not.toContain("-qmp");
    expect(left(directory)).toEqual([]);
  });

  test("that ends has not", async () => {
    const { directory, came } = trying("echo booting; exit 0");
    expect(await came).toBe(false);
    expect(left(directory)).toEqual([]);
  });

  test("is ended with the run that somebody ends", async () => {
    const stop = new AbortController();
    const { directory, came } = trying("echo booting; exec sleep 60", stop.signal);
    const reason = new Error("interrupted");
    setImmediate(() => stop.abort(reason));
    await expect(came).rejects.toBe(reason);
    expect(left(directory)).toEqual([]);
  });
});
