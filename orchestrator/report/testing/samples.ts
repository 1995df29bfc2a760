// SPDX-License-Identifier: MIT
//
// Runs to report on: made up, but shaped as real ones are.
import type { ConsoleLog, TimedLine } from "../events.ts";
import { type RunResult, resultSchema } from "../result.ts";

const titles = ["Configure the endpoint function", "Train the link", "Ping 50 times", "iperf3 TCP"];

/** A run of 80 s that passed. */
export function passingRun(change: Partial<RunResult> = {}): RunResult {
  const steps = titles.map((title, index) => ({
    id: `edma.${index}`,
    kind: "ping",
    title,
    status: "done" as const,
    startMs: 3000 + index * 19_000,
    durationMs: 18_500,
  }));
  return resultSchema.parse({
    schema: 1,
    scenario: "remote-edma",
    title: "ntb_transport with use_remote_edma=1 over a DesignWare endpoint's eDMA engine",
    verdict: "pass",
    exitStatus: 0,
    accelerator: "tcg",
    versions: { qemu: "10.0.13", kernel: "7.3.4 (Debian 7.3.4-1)", kernelConfig: "5b1c9c0f22aa" },
    started: "2026-11-22T10:00:00.000Z",
    durationMs: 80_000,
    reproduce: "npm run scenario remote-edma",
    phases: [
      { name: "provision", startMs: 0, durationMs: 200 },
      { name: "boot", startMs: 200, durationMs: 2800 },
      { name: "steps", startMs: 3000, durationMs: 76_000 },
      { name: "teardown", startMs: 79_000, durationMs: 900 },
    ],
    steps,
    checks: Array.from({ length: 20 }, (_, index) => ({
      id: `check-${index}`,
      title: `what is expected number ${index}`,
      status: "pass",
      measured: index,
      expected: "at least 0",
      unit: "Mb/s",
      reason: "",
    })),
    metrics: [
      metric("edma.throughput.host_to_endpoint", "Gb/s", [1.99, 2.52, 1.74]),
      metric("edma.throughput.endpoint_to_host", "Gb/s", [2.24, 2.63, 2.37]),
      metric("edma.rtt", "ms", [2, 1.64, 1.94, 1.63, 1.69, 4.16, 1.56]),
      metric("engine.read.bytes", "B", [1_929_346_240]),
    ],
    series: [
      {
        name: "engine.read.bytes",
        unit: "B",
        cumulative: true,
        points: Array.from({ length: 160 }, (_, index) => [
          index * 500,
          index ** 2 * 70_000 + (index % 7) * 500_000,
        ]),
      },
    ],
    ...change,
  });
}

/** One that took 27 minutes to provision, and whose steps are short ones of a tenth of a second beside one of 8 s. */
export function provisionedRun(): RunResult {
  const provision = 27 * 60_000;
  const run = passingRun();
  const durations = [100, 100, 8000, 100];
  let at = provision + 2000;
  const steps = run.steps.map((step, index) => {
    const [startMs, durationMs] = [at, durations[index] ?? 100];
    at += durationMs;
    return { ...step, startMs, durationMs };
  });
  const phases = [
    { name: "provision", startMs: 0, durationMs: provision },
    { name: "boot", startMs: provision, durationMs: 2000 },
    { name: "steps", startMs: provision + 2000, durationMs: 8300 },
    { name: "teardown", startMs: provision + 10_300, durationMs: 200 },
  ];
  const series = run.series?.map((one) => ({
    ...one,
    points: one.points.slice(0, 20).map(([ms, y]) => [provision + 500 + ms, y]),
  }));
  const durationMs = provision + 10_500;
  return resultSchema.parse({ ...run, durationMs, phases, steps, series });
}

/** Both backends in one run, as remote-edma has them. */
export function comparedRun(): RunResult {
  const run = passingRun();
  const steps = run.steps.map((step, index) => ({
    ...step,
    id: `${index < 2 ? "edma" : "default"}.${index}`,
  }));
  const of = (prefix: string, throughput: readonly number[], rtt: readonly number[]) => [
    metric(`${prefix}.throughput.host_to_endpoint`, "Gb/s", throughput),
    metric(`${prefix}.rtt`, "ms", rtt),
    metric(`${prefix}.engine.read.bytes`, "B", [prefix === "edma" ? 1_929_346_240 : 0]),
  ];
  const metrics = [
    ...of("edma", [1.8, 2, 1.9], [3.8, 3.6, 4.4]),
    ...of("default", [1, 0.95, 0.9], [2, 1.9, 2.1]),
    metric("msi.count", "1", [18_423]),
  ];
  const round = (from: number, values: readonly number[]) =>
    values.map((value, index): [number, number] => [from + index * 4000, value]);
  const series = [
    { name: "edma.rtt", unit: "ms", points: round(5000, [3.8, 3.6, 4.4]) },
    { name: "default.rtt", unit: "ms", points: round(45_000, [2, 1.9, 2.1]) },
  ];
  return resultSchema.parse({ ...run, steps, metrics, series });
}

function metric(name: string, unit: string, samples: readonly number[]) {
  const sorted = [...samples].sort((a, b) => a - b);
  return { name, unit, samples, median: sorted[sorted.length >> 1] ?? 0 };
}

/** What guests may print to break a report. */
export const hostileText = `</script><script>document.title="owned"</script><!-- <img src=x onerror=alert(1)> "'&\u2028`;

/** A run that broke off in a step, with a check that failed and one that was skipped. */
export function failingRun(): RunResult {
  const run = passingRun();
  const [first, second, ...rest] = run.checks;
  if (!first || !second) throw new Error("a passing run has checks");
  return resultSchema.parse({
    ...run,
    verdict: "fail",
    exitStatus: 1,
    steps: run.steps.map((step, index) =>
      index < 3
        ? { ...step, ...(index === 2 ? { status: "failed" } : {}) }
        : { ...step, status: "not run", startMs: null, durationMs: null },
    ),
    checks: [
      first,
      {
        ...second,
        status: "fail",
        measured: 3,
        expected: 9,
        reason: `too slow ${hostileText}`,
        step: "edma.2",
        lines: ["# pci_endpoint_test.c:12:BAR_TEST:Expected 0 (0) == ret (-5)"],
      },
      ...rest.map((check) => ({
        ...check,
        status: "skip",
        measured: null,
        expected: null,
        reason: "the step has left no evidence",
      })),
    ],
    failure: {
      phase: "Ping 50 times",
      message:
        "host VM: oops: Unable to handle kernel NULL pointer dereference at 0x0000000000000010",
      atMs: 59_000,
      excerpt: [
        {
          title: "host VM: console",
          lines: ["Call trace:", " ntb_transport_edma_submit+0x1c/0x80", hostileText],
          file: "/out/host-console.log",
        },
      ],
    },
  });
}

/** A run that a warning ended, and the oops that came of it. */
export function followedRun(): RunResult {
  const run = failingRun();
  if (!run.failure) throw new Error("a failing run has a failure");
  const followedBy = [
    {
      message: "host VM: oops: Unable to handle kernel paging request, in ntb_epf_spad_write",
      atMs: 59_800,
      excerpt: {
        title: "host VM: decoded",
        lines: ["pc : ntb_epf_spad_write (drivers/ntb/hw/epf/ntb_hw_epf.c:123) ntb_hw_epf"],
        file: "/out/host-console.log",
      },
    },
  ];
  const failure = { ...run.failure, message: "host VM: WARN: WARNING: x.c:1", followedBy };
  const kernelLogs = [
    {
      role: "endpoint",
      lines: [
        { level: "warning", text: "[    0.021000] cacheinfo: no hierarchy" },
        { level: "err", text: "[    5.120000] pci_epf_vntb.0: MSI-X configuration failed" },
      ],
    },
    { role: "host", lines: [], note: "its log has lost its beginning" },
  ];
  return resultSchema.parse({ ...run, failure, kernelLogs });
}

/** A run of a scenario with `expect: fail` that failed as it says. */
export function knownBugRun(): RunResult {
  const run = failingRun();
  const { failure, checks } = run;
  if (!failure) throw new Error("a failing run has a failure");
  return resultSchema.parse({
    ...run,
    verdict: "pass",
    exitStatus: 0,
    checks: checks.map((check) =>
      check.status === "fail" ? { ...check, status: "xfail" } : check,
    ),
    failure: { ...failure, expected: true },
    expectation: { fails: "console: NULL pointer", report: "https://bugs.example/1", met: true },
  });
}

/** A scenario that the kernel cannot run. */
export function skippedRun(): RunResult {
  const nothing = { phases: [], steps: [], checks: [], metrics: [], series: [] };
  const skipped = "the endpoint's kernel has no BAR subranges";
  return passingRun({ verdict: "skip", accelerator: "", ...nothing, skipped });
}

/** Consoles of both VMs with so many lines in all; the last of the host's is hostile, one before is a WARN. */
export function consoles(lines: number, durationMs = 80_000): ConsoleLog[] {
  const each = Math.floor(lines / 2);
  const of = (role: string): TimedLine[] =>
    Array.from({ length: each }, (_, index) => ({
      atMs: 200 + ((durationMs - 300) * index) / each + (role === "host" ? 3 : 0),
      text: `[${(index / 100).toFixed(6).padStart(12)}] ${role} line ${index}: dw-edma 40000000.pcie: channel ${index % 8} done, ${index * 4096} bytes`,
    }));
  const host = of("host");
  host[each - 2] = { atMs: durationMs - 120, text: "WARNING: CPU: 0 PID: 1 at drivers/ntb/x.c:1" };
  host[each - 1] = { atMs: durationMs - 110, text: hostileText };
  return [
    { role: "endpoint", file: "/out/endpoint-console.log", lines: of("endpoint") },
    { role: "host", file: "/out/host-console.log", lines: host },
  ];
}

/** One that passed when made again, under `--fail-on-flaky`. */
export function flakyRun(): RunResult {
  const run = passingRun({ verdict: "flaky", exitStatus: 1 });
  const { started, durationMs } = run;
  const attempt = { started, durationMs, verdict: "pass", exitStatus: 0 } as const;
  return {
    ...run,
    attempts: [
      {
        ...{ ...attempt, verdict: "fail", exitStatus: 1 },
        ...{ directory: "attempt-1", problems: ["ping: 3 of 50 lost"] },
      },
      { ...attempt, directory: "attempt-2", problems: [] },
    ],
  };
}
