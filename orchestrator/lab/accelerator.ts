// SPDX-License-Identifier: MIT
import { type Artifacts, qemuOf } from "../artifacts.ts";
import { UsageError } from "../errors.ts";
import type { GuestArchitecture } from "../guest-architectures.ts";
import type { VariantPlan } from "../scenario/plan.ts";
import { qemuArguments } from "./arguments.ts";
import type { Accelerator } from "./boards.ts";
import { before } from "./deadline.ts";
import { type AcceleratorWish, kvmHindrance, type MachineFacts, noKvm } from "./machine-facts.ts";
import { vmPaths } from "./paths.ts";
import { startQemu } from "./qemu.ts";
import { kvmTrial, vmFiles } from "./run-files.ts";
import { makeTemporaryDirectory } from "./temporary.ts";
import { readyLine } from "./vm.ts";

/** Which accelerator runs the guests, why, in one line, and what that does to time limits. */
export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  readonly reason: string;
  readonly timeScale: number;
}

const trialMs = 8000;

/** Limits are set for software emulation, which is the slow case. */
const timeScales: Record<Accelerator, number> = { tcg: 1, kvm: 0.5 };

const bothKinds = "the host is a PC and the endpoint 64-bit Arm, and no machine has KVM for both";

/**
 * Chooses hardware virtualisation only where 64-bit Arm guests can have it and a guest of ours has
 * just come up under it: some machines offer /dev/kvm and then hang ordinary guests.
 *
 * @throws UsageError when a person wants KVM and there is none.
 */
export async function chooseAccelerator(
  wish: AcceleratorWish,
  facts: MachineFacts,
  trial: () => Promise<boolean>,
  host: GuestArchitecture = "arm64",
): Promise<AcceleratorChoice> {
  if (wish === "tcg") return emulation("as --accel tcg asks");
  const hindrance =
    (host === "arm64" ? kvmHindrance(facts) : bothKinds) ??
    ((await trial()) ? undefined : `a trial guest under KVM was not up in ${trialMs / 1000} s`);
  if (hindrance === undefined) {
    return {
      accelerator: "kvm",
      reason: "KVM (a trial guest came up)",
      timeScale: timeScales.kvm,
    };
  }
  if (wish === "kvm") throw new UsageError(noKvm(hindrance));
  return emulation(hindrance);
}

function emulation(why: string): AcceleratorChoice {
  return { accelerator: "tcg", reason: `software emulation (${why})`, timeScale: timeScales.tcg };
}

/** Boots the host VM's guest, without the link, under KVM; true if it is ready in time. */
export async function tryKvm(
  plan: VariantPlan,
  artifacts: Artifacts,
  out: string,
  signal: AbortSignal,
): Promise<boolean> {
  const temporary = await makeTemporaryDirectory();
  const { kernel, initrd } = artifacts.guests.host;
  const boot = { kernel: kernel.image, initrd };
  const [host = ""] = plan.topology.links.map((link) => link.host);
  const { qmp: _, ...paths } = vmPaths(plan.topology, host, boot, temporary.path);
  const { consoleLog, qemuLog } = vmFiles(kvmTrial, out);
  const qemu = startQemu({
    name: "trial VM",
    binary: qemuOf(artifacts, "host").binary,
    args: qemuArguments(host, plan, paths, "kvm"),
    ...{ consoleLog, qemuLog },
  });
  try {
    const ended = qemu.exited.then(() => false);
    const ready = qemu.console.waitFor(readyLine).then(() => true);
    const trial = Promise.race([ready, ended]);
    return await before({ ms: trialMs, what: "a trial guest under KVM", signal }, trial);
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    await qemu.kill();
    await temporary.remove();
  }
}
