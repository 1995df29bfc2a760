// SPDX-License-Identifier: MIT
//
// VMs end with the process that has started them, however it ends. Those that are to outlive a command are therefore
// started by a second process, the keeper, in a session of its own: it makes the whole run on the same terminal, tells
// the first one the exit status, and stays behind with the VMs until `ntb-edma-lab stop`.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { describeKept } from "../../lab/kept.ts";
import type { StartedLab } from "../../lab/lab.ts";
import { cancellable } from "../../run/cancellation.ts";
import type { KeepVms } from "../../run/variant/variant-setup.ts";
import type { VariantPlan } from "../../scenario/plan.ts";
import { waysIn } from "./ways-in.ts";

const keeperVariable = "NTB_EDMA_LAB_KEEPER";

/** Whether this process is the keeper. */
export function inKeeper(): boolean {
  return process.env[keeperVariable] === "1";
}

/** Does this very command in a keeper, and resolves with its status when the run has ended and only the VMs are left. */
export function startKeeper(): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "../main.ts"), ...process.argv.slice(2)],
    {
      detached: true,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, [keeperVariable]: "1" },
    },
  );
  return statusOf(child);
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** In a session of its own the keeper has none of the terminal's signals but those that are passed on. */
function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const handlers = signals.map((signal) => [signal, () => void child.kill(signal)] as const);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const finish = (status: number) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      resolve(status);
    };
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      finish(code ?? (signal === null ? 125 : 128 + constants.signals[signal])),
    );
    child.once("message", (status) => {
      child.removeAllListeners("exit");
      child.disconnect();
      child.unref();
      finish(Number(status));
    });
  });
}

/** In the keeper: makes the run, and if it leaves VMs, tells how to get into them and stays until somebody ends them. */
export async function keeping(
  scenario: string,
  run: (signal: AbortSignal, keep: KeepVms) => Promise<number>,
): Promise<number> {
  delete process.env[keeperVariable];
  let left: { lab: StartedLab; plan: VariantPlan } | undefined;
  const status = await cancellable((signal) =>
    run(signal, (lab, plan) => {
      left = { lab, plan };
    }),
  );
  if (!left) return status;
  const { lab, plan } = left;
  try {
    const kept = await describeKept(lab, scenario, plan);
    process.stdout.write(waysIn(kept));
    if (Object.keys(kept.vms).length > 0) await untilEnded(lab, () => letGo(status));
  } finally {
    await lab.close();
  }
  return status;
}

/** Gives the command its status, and everything back that belongs to its terminal: a pipe to `tee` has to end. */
function letGo(status: number): void {
  process.send?.(status, () => {
    for (const descriptor of [1, 2]) {
      closeSync(descriptor);
      openSync("/dev/null", "w");
    }
  });
}

function untilEnded(lab: StartedLab, ready: () => void): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve());
    const vms = Object.keys(lab.consoles).filter((name) => lab.isOn(name));
    void Promise.all(vms.map((name) => lab.vm(name).process.exited)).then(() => resolve());
    ready();
  });
}
