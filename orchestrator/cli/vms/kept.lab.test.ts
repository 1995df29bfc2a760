// SPDX-License-Identifier: MIT
//
// VMs that stay up after a run, by the commands that a person types, in a temporary directory of the test's own: other
// runs' VMs are none of its business.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaNode } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keptLabs } from "../../lab/kept.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "kept-"));
  writeFileSync(
    join(directory, "short.yaml"),
    `name: short
title: nothing but a sign that this host was here
function: { driver: pci_epf_test, vendor: 0x104c, device: 0xb500 }
steps:
  - { do: shell, as: sign, on: host, run: "echo here > /tmp/sign; exit 1" }
checks:
  - { check: command, id: sign, title: The sign is set, of: sign }
`,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

const run = (args: readonly string[], input = "") =>
  execaNode(join(import.meta.dirname, "../main.ts"), args, {
    ...{ cwd: directory, input, reject: false, nodeOptions: [] },
    env: { TMPDIR: directory, INIT_CWD: directory },
  });

test("VMs of a run that failed stay up, are joined, and end on demand with all that was theirs", async () => {
  const kept = await run(["scenario", "run", "short.yaml", "--keep", "--out", "out"]);
  expect(kept.exitCode).toBe(1);
  expect(kept.stdout).toContain("FAIL short");
  expect(kept.stdout).toMatch(/Both VMs stay up:\n +shell +\S+ shell host\n/);
  const [lab] = keptLabs(directory);
  expect(lab).toMatchObject({ scenario: "short" });

  // They still write there: the directory is not free for others before they end.
  for (const command of [
    ["scenario", "run"],
    ["shell", "host"],
  ]) {
    expect(await run([...command, "short.yaml", "--out", "out"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("another run is at work in"),
    });
  }

  const command = await run(["shell", "host", "--", "cat /tmp/sign; exit 5"]);
  expect(command).toMatchObject({ stdout: "here", exitCode: 5 });
  const typed = await run(["shell", "endpoint"], "hostname\n");
  expect(typed).toMatchObject({ stdout: "endpoint", exitCode: 0 });
  const monitor = await run(["shell", "endpoint", "--monitor"], "info status\n");
  expect(monitor.stdout).toContain("VM status: running");

  expect(await run(["stop"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("short"),
  });
  expect(keptLabs(directory)).toEqual([]);
  expect(readdirSync(directory).sort()).toEqual(["out", "short.yaml"]);
  expect((await run(["stop"])).stdout).toBe("No VMs are kept.");
});
