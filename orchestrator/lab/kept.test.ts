// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keptLabs } from "./kept.ts";

test("what a keeper left behind that was killed is not taken for VMs, nor another process for a keeper", () => {
  const directory = mkdtempSync(join(tmpdir(), "kept-"));
  try {
    for (const pid of [process.pid, 4194304]) {
      const lab = join(directory, `ntb-edma-lab-${pid}-abc`);
      mkdirSync(lab);
      const text = {
        login: "/k",
        hostKey: "",
        scenario: "x",
        variant: "",
        machines: ["endpoint", "host"],
        vms: {},
      };
      const since = new Date().toISOString();
      writeFileSync(join(lab, "kept.json"), JSON.stringify({ schema: 1, pid, since, ...text }));
    }
    mkdirSync(join(directory, "ntb-edma-lab-1-running"));
    expect(keptLabs(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.runIf(process.getuid?.() === 0)("the superuser's are not those of others", async () => {
  const directory = mkdtempSync(join(tmpdir(), "kept-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  // What the program's name stands behind is taken for a keeper.
  const keeper = spawn("sh", ["-c", "sleep 60 & wait", "orchestrator/cli/main.ts"], {
    ...{ detached: true, stdio: "ignore" },
  });
  await once(keeper, "spawn");
  const pid = keeper.pid ?? 0;
  onTestFinished(() => void process.kill(-pid));
  const lab = join(directory, `ntb-edma-lab-${pid}-abc`);
  mkdirSync(lab);
  const text = { login: "/k", hostKey: "", scenario: "x", variant: "", machines: [], vms: {} };
  const since = new Date().toISOString();
  writeFileSync(join(lab, "kept.json"), JSON.stringify({ schema: 1, pid, since, ...text }));
  expect(keptLabs(directory)).toHaveLength(1);
  chownSync(lab, 1234, 1234);
  expect(keptLabs(directory)).toEqual([]);
});
