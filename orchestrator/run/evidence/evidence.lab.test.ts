// SPDX-License-Identifier: MIT
//
// What is left of a real run that ends badly: enough to see why, wherever its directory goes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { resultReporters } from "../../report/file-reporters.ts";
import { type RunResult, resultSchema } from "../../report/result.ts";
import { summaryLines } from "../../report/summary.ts";
import { readPlan } from "../read-plan.ts";
import { runInLab } from "../testing/run-in-lab.ts";
import { decodeStack } from "./stack-decoder.ts";

// The host warns, and crashes right after; long before, the endpoint's kernel has logged an error.
const scenario = `
name: warning-then-panic
title: a warning, and the panic that it warned of
timeout: 60s
include: vntb
steps:
  - do: shell
    as: early
    on: endpoint
    title: an early error
    run: |
      echo '<3>pci_epf_test: an early error' > /dev/kmsg
      printf 'one\\ntwo\\nthree\\n'
  - do: shell
    on: host
    title: a warning and a panic
    run: |
      echo 'WARNING: drivers/ntb/core.c:77 at ntb_register_device+0x10/0x80, CPU#0: sh/1' > /dev/kmsg
      echo c > /proc/sysrq-trigger
checks:
  - { id: early, title: the early error is printed, check: command, of: early, stdout: two }
`;

let directory: string;
let result: RunResult;
const read = (name: string) => readFileSync(join(directory, name), "utf8");

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "evidence-test-"));
  writeFileSync(join(directory, "scenario.yaml"), scenario);
  const plan = readPlan(join(directory, "scenario.yaml"));
  const reporters = resultReporters({});
  result = await runInLab(plan, directory, inject("artifacts"), { reporters });
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

test("the panic that follows a warning is told, and decoded", () => {
  expect(result.failure?.message).toMatch(/^host VM: WARN: WARNING: drivers\/ntb\/core\.c:77 /);
  const [later, ...more] = result.failure?.followedBy ?? [];
  expect(more).toEqual([]);
  expect(later?.message).toMatch(
    /^host VM: panic: Kernel panic - not syncing: sysrq triggered crash/,
  );
  const decoded = /__handle_sysrq \(\S*drivers\/tty\/sysrq\.c:\d+/;
  expect(later?.excerpt.lines.join("\n")).toMatch(decoded);
  for (const report of [summaryLines(result, directory).join("\n"), read("summary.txt")])
    expect(report).toMatch(/followed by:? host VM: panic[\s\S]*__handle_sysrq/i);
  expect(JSON.stringify(resultSchema.parse(JSON.parse(read("result.json"))).failure)).toMatch(
    decoded,
  );
});

test("what a kernel logged as an error before is told, and that the other one could not be asked", () => {
  const [endpoint, host] = ["endpoint", "host"].map((role) =>
    result.kernelLogs?.find((log) => log.role === role),
  );
  expect(endpoint?.lines).toContainEqual({
    level: "err",
    step: "early",
    text: expect.stringMatching(/\] pci_epf_test: an early error$/),
  });
  expect(endpoint?.note).toBeUndefined();
  expect(host?.note).toMatch(/^it could not be asked for its log \(.+\): these are lines/);
  expect(summaryLines(result, directory).join("\n")).toContain("err     [");
});

test("all that a command printed is in the result", () => {
  expect(result.checks).toMatchObject([{ id: "early", status: "pass", step: "early" }]);
  expect(result.steps[0]?.output).toEqual({ status: 0, stdout: "one\ntwo\nthree\n", stderr: "" });
});

test("logs, command lines and configuration lie beside the reports, which name no other place", () => {
  expect(readdirSync(directory)).toEqual(
    expect.arrayContaining(["host-qemu.sh", "endpoint-qemu.sh", "kernel.config"]),
  );
  expect(read("host-qemu.sh")).toMatch(/^#!\/bin\/sh\n[\s\S]* {4}-name ntb-edma-lab-host \\\n/);
  expect(read("kernel.config")).toMatch(/^CONFIG_NTB_EPF=/m);
  const page = read("report.html");
  for (const name of ["host-qemu.sh", "kernel.config", "host-console.log"])
    expect(page).toContain(`href="${name}"`);
  expect(page).not.toContain(directory);
  expect(read("result.json")).not.toContain(directory);
});

test("of the kernel's functions whose name stands twice, the one of that length is decoded", async () => {
  const guest = inject("artifacts").guests.host;
  const table = execFileSync(`${guest.decodingPrefix}readelf`, ["-sW", guest.kernel.vmlinux], {
    ...{ encoding: "utf8", maxBuffer: 1 << 28 },
  });
  const sizes = [...table.matchAll(/ (\d+) FUNC +LOCAL +DEFAULT +\d+ gic_set_affinity$/gm)].map(
    ([, size]) => Number(size),
  );
  // Linux 7.3 has several, of several files; the script takes the first for all of them.
  const lengths = [...new Set(sizes)].filter((one) =>
    sizes.every((other) => other === one || Math.abs(other - one) > 64),
  );
  expect(lengths.length).toBeGreaterThan(1);
  const places = [];
  for (const length of lengths) {
    const frame = ` gic_set_affinity+0x8/0x${length.toString(16)}`;
    const decoded = await decodeStack([frame], guest);
    places.push("lines" in decoded ? decoded.lines[0] : decoded.failed);
  }
  expect(new Set(places).size).toBe(lengths.length);
  for (const place of places) expect(place).toMatch(/^\s*gic_set_affinity \([a-z][^ ()]*\.c:\d+\)/);
});
