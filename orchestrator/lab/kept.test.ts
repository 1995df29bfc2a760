// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keptLabs } from "./kept.ts";

test("what a holder left behind that was killed is not taken for VMs, nor another process for a holder", () => {
  const directory = mkdtempSync(join(tmpdir(), "kept-"));
  try {
    for (const pid of [process.pid, 4194304]) {
      const lab = join(directory, `ntb-edma-lab-${pid}-abc`);
      mkdirSync(lab);
      const text = { login: "/k", hostKey: "", scenario: "x", variant: "", vms: {} };
      const since = new Date().toISOString();
      writeFileSync(join(lab, "kept.json"), JSON.stringify({ schema: 1, pid, since, ...text }));
    }
    mkdirSync(join(directory, "ntb-edma-lab-1-running"));
    expect(keptLabs(directory)).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
