// SPDX-License-Identifier: MIT
//
// Real runs: two VMs, the emulated link, real traffic, and the ways in which a run can end badly.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { scenarioDirectory } from "../project.ts";
import type { Reporter, RunEvent } from "../report/events.ts";
import { resultReporters } from "../report/file-reporters.ts";
import { resultSchema } from "../report/result.ts";
import type { Plan } from "../scenario/plan.ts";
import { machineOf } from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { readPlan } from "./read-plan.ts";
import type { RunRequest } from "./request.ts";
import { runInLab } from "./testing/run-in-lab.ts";
import { InterruptedError } from "./variant/failure.ts";

const artifacts = inject("artifacts");
let directory: string;
const smoke = readPlan(join(scenarioDirectory, "smoke.yaml"));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-test-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
  expect(leftovers()).toEqual([]);
});

/** QEMUs of this process, and its runs' temporary directories. */
function leftovers(): string[] {
  const directories = readdirSync(tmpdir()).filter((name) =>
    name.startsWith(`ntb-edma-lab-${process.pid}-`),
  );
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(`ntb-edma-lab-${process.pid}-`));
  return [...directories, ...processes];
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}

function run(plan: Plan, more: Partial<RunRequest> = {}) {
  return runInLab(plan, directory, artifacts, more);
}

/** The smoke scenario with other fields in its topology. */
function withTopology(change: (topology: Topology) => Partial<Topology>): Plan {
  const variants = smoke.variants.map((variant) => ({
    ...variant,
    topology: { ...variant.topology, ...change(variant.topology) },
  }));
  return { ...smoke, variants };
}

/** The plan with more arguments for the host's kernel. */
function withHostArguments(...words: string[]): Plan {
  return withTopology(({ machines }) => ({
    machines: {
      ...machines,
      host: { ...machineOf({ machines }, "host"), "kernel-arguments": words },
    },
  }));
}

describe("two VMs over the emulated link", () => {
  test("pass traffic, and leave their reports", async () => {
    const reporters = resultReporters({});
    const result = await run(smoke, { reporters });
    const unhappy = result.checks.filter((check) => check.status !== "pass");
    expect({ failure: result.failure, unhappy }).toEqual({ failure: undefined, unhappy: [] });
    expect(result).toMatchObject({ verdict: "pass", exitStatus: 0 });
    expect(readdirSync(directory).sort()).toEqual([
      "endpoint-console.log",
      "endpoint-qemu.log",
      "endpoint-qemu.sh",
      "host-console.log",
      "host-qemu.log",
      "host-qemu.sh",
      "junit.xml",
      "kernel.config",
      "report.html",
      "result.json",
      "result.ktap",
      "summary.txt",
    ]);
    const json: unknown = JSON.parse(readFileSync(join(directory, "result.json"), "utf8"));
    expect(resultSchema.parse(json)).toEqual(result);
  });

  test("a link that does not come up shows what both kernels said of it", async () => {
    const file = join(directory, "mismatch.yaml");
    writeFileSync(
      file,
      `name: mismatch
title: the two sides have other backends
include: vntb
timeout: 60s
steps:
  - do: configure-function
  - do: link
  - do: load-modules
    on: host
    modules: [{ name: ntb_transport, parameters: { use_remote_edma: 1 } }, { name: ntb_netdev }]
  - { do: load-modules, on: endpoint, modules: [{ name: ntb_transport }, { name: ntb_netdev }] }
  - { do: wait-for-link, timeout: 6s }
checks:
  - { id: consoles-clean, title: neither kernel complained, check: console-clean }
`,
    );
    const result = await run(readPlan(file), { timeoutScale: 1 });
    expect(result.failure?.message).toMatch(
      /^waiting for carrier on ntb0 and the peer's first answer in the \w+ VM had not ended after 6 s$/,
    );
    const shown = result.failure?.excerpt.flatMap(({ lines }) => lines).join("\n");
    expect(shown).toMatch(/ host .* link stays down: this side uses the remote-eDMA backend/);
  });

  test("a kernel that panics at boot fails the run at once, with its own words", async () => {
    const result = await run(withHostArguments("rdinit=/nonexistent", "init=/nonexistent"));
    expect(result).toMatchObject({ verdict: "fail", exitStatus: 1, failure: { phase: "boot" } });
    expect(result.failure?.message).toMatch(/^host VM: panic: Kernel panic - not syncing: /);
    expect(result.failure?.excerpt[0]?.lines.join("\n")).toContain("Call trace:");
  });

  test("a guest that never answers fails the run at its deadline, with the end of its console", async () => {
    const plan = withHostArguments("rdinit=/usr/bin/sleep", "--", "1000");
    const result = await run(plan, { timeoutScale: 0.4 });
    expect(result).toMatchObject({ verdict: "fail", exitStatus: 1, failure: { phase: "boot" } });
    expect(result.failure?.message).toBe(
      'host VM: the guest did not come up: waited 12 s for the line "ntb-edma-lab: ready" on its console',
    );
    expect(result.failure?.excerpt[0]?.lines.join("\n")).toContain("Run /usr/bin/sleep");
  });

  test("an interrupted run ends its guests", async () => {
    const cancel = new AbortController();
    const interrupt: Reporter = {
      name: "interrupt",
      on: (event: RunEvent) => {
        if (event.type === "step-started") cancel.abort(new InterruptedError("SIGINT"));
      },
    };
    const result = await run(smoke, { reporters: [interrupt], signal: cancel.signal });
    expect(result).toMatchObject({
      verdict: "error",
      exitStatus: 130,
      failure: { message: "interrupted by SIGINT" },
    });
  });

  test("a QEMU that refuses its arguments is an infrastructure error with QEMU's own words", async () => {
    const result = await run(withTopology(() => ({ cpu: "no-such-cpu" })));
    expect(result).toMatchObject({ verdict: "error", exitStatus: 125 });
    expect(result.failure?.message).toContain("no-such-cpu");
  });
});
