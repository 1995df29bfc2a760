// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaNode } from "execa";
import { afterAll, expect, test } from "vitest";
import { projectDirectory } from "../../project.ts";

const directory = mkdtempSync(join(tmpdir(), "check-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

function check(...args: string[]) {
  const main = join(projectDirectory, "orchestrator/cli/main.ts");
  return execaNode(main, ["check", ...args], {
    cwd: directory,
    reject: false,
    env: { INIT_CWD: directory },
  });
}

test("a scenario that is fine: 0, and how large it is", async () => {
  const { exitCode, stdout } = await check("smoke");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^smoke: \d+ steps, \d+ checks$/);
});

test("what is wrong: 2, with file, line, column and what is near", async () => {
  writeFileSync(
    join(directory, "mine.yaml"),
    "name: mine\ntitle: x\ninclude: vntb\nsteps:\n  - { do: pign }\nchecks:\n  - { id: c, title: c, check: console-clean }\n",
  );
  const { exitCode, stderr } = await check("mine.yaml");
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /^mine\.yaml:5:11: steps\[0\]\.do: unknown kind "pign"; .* Did you mean "ping"\?$/,
  );
});

test("what --set makes wrong", async () => {
  const { exitCode, stderr } = await check("smoke", "--set", "topology.host.memroy=1G");
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean "memory"?');
});
