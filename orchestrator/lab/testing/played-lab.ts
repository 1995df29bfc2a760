// SPDX-License-Identifier: MIT
//
// The lab with real processes and connections, but with programs in the place of QEMU that only play one.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Artifacts, GuestArtifacts } from "../../artifacts.ts";
import { scenarioDirectory } from "../../project.ts";
import { readPlan } from "../../run/read-plan.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { type LabSetup, type RunningLab, type StartedLab, startLab } from "../lab.ts";

/** What is started, if a test does not say otherwise. */
export const [plan] = readPlan(join(scenarioDirectory, "smoke.yaml")).variants as [VariantPlan];
/** The program in QEMU's place. */
export const binary = join(import.meta.dirname, "played-qemu.mjs");

/** Where the logs of a test's labs are. */
export let out: string;
let labs: StartedLab[];

/** To be called once by each file of tests: they share this module, and whatever a test starts ends with it. */
export function playLabs(): void {
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), "lab-test-"));
    labs = [];
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
    vi.unstubAllEnvs();
    rmSync(out, { recursive: true });
    expect(leftovers()).toEqual([]);
  });
}

/** Short-lived directories of this process, and programs that use one. */
export function leftovers(): string[] {
  const mine = `ntb-edma-lab-${process.pid}-`;
  const directories = readdirSync(tmpdir()).filter((name) => name.startsWith(mine));
  const processes = readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mine);
    } catch {
      return false; // it has ended meanwhile
    }
  });
  return [...directories, ...processes];
}

/** What guests of a kernel and an image of this name boot. */
export function guestOf(name: string): GuestArtifacts {
  const initrd = join(out, `${name}.cpio`);
  writeFileSync(initrd, `image of ${name};`);
  return {
    kernel: { image: `/kernels/${name}`, architecture: "arm64" },
    initrd,
  } as unknown as GuestArtifacts;
}

/** Starts VMs that play `plan`. */
export async function start(change: Partial<LabSetup> = {}): Promise<StartedLab> {
  const host = guestOf("both");
  const artifacts = {
    qemu: { binary },
    guests: { host, endpoint: host },
  } as unknown as Artifacts;
  const lab = await startLab({
    ...{ plan, artifacts, accelerator: "tcg", out },
    // Other tests may keep the machine busy.
    ...{ timeScale: 2, signal: new AbortController().signal, ...change },
  });
  labs.push(lab);
  return lab;
}

/** What a VM's QEMU was asked for over QMP, as it has printed it. */
export const asked = (lab: StartedLab | RunningLab, role: "host" | "endpoint") =>
  (lab.consoles[role]?.lines ?? []).flatMap(({ text }) => /^qmp: (.*)$/.exec(text)?.[1] ?? []);
/** For commands in guests. */
export const ask = { ms: 20_000, what: "asking" };
