// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execaNode } from "execa";
import { afterAll, expect, test } from "vitest";
import { projectDirectory } from "../../project.ts";
import { readPlan } from "../../run/read-plan.ts";
import { dryRun } from "./dry-run.ts";

const directory = mkdtempSync(join(tmpdir(), "check-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

function check(...args: string[]) {
  return checkWith({}, ...args);
}

function checkWith(more: Record<string, string>, ...args: string[]) {
  const main = join(projectDirectory, "orchestrator/cli/main.ts");
  return execaNode(main, ["check", ...args], {
    cwd: directory,
    reject: false,
    env: { INIT_CWD: directory, ...more },
  });
}

test("a scenario that is fine: 0, and how large it is", async () => {
  const { exitCode, stdout } = await check("smoke", "--files-only");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^smoke: \d+ steps, \d+ checks$/);
});

test("one whose kernel has more says so, in the list of commands that it would run, too", async () => {
  const kernel = "config-fragments: [nvme]\npatches: [nvmet-subsysnqn]\nprograms: [fio]\n";
  const rest = "steps: [{ do: link }]\nchecks: [{ id: c, title: c, check: console-clean }]\n";
  writeFileSync(
    join(directory, "drive.yaml"),
    `name: drive\ntitle: x\ninclude: vntb\n${kernel}${rest}`,
  );
  const { stdout } = await check("drive.yaml");
  expect(stdout).toBe(
    "drive.yaml: 1 step, 1 check, kernel with nvme, patched by nvmet-subsysnqn, image with fio",
  );
  const dry = dryRun(readPlan(join(directory, "drive.yaml")));
  expect(dry).toMatch(
    /^# kernel of both VMs: base\.config, nvme\.config\n# patches on it: nvmet-subsysnqn\.patch\n# image of both VMs: fio, too\n\n# endpoint VM\n/,
  );
});

test("a script that says the same of what is not there and of what could not be read is doubtful: 0", async () => {
  const run = "dmesg | grep refused || echo nothing";
  writeFileSync(
    join(directory, "doubt.yaml"),
    `name: doubt\ntitle: x\ninclude: vntb\nmatrix: { a: { title: a }, b: { title: b } }\nsteps:\n  - { do: shell, as: refused, on: host, run: "${run}" }\nchecks:\n  - { id: c, title: c, check: console-clean }\n`,
  );
  const { exitCode, stdout, stderr } = await check("doubt.yaml", "--files-only");
  expect(exitCode).toBe(0);
  expect(stdout).toBe("doubt.yaml: 2 variants, 2 steps, 2 checks");
  expect(stderr).toBe(
    'doubt.yaml: doubtful: the step "refused": what stands behind `||` is said, too, where the command before it could not look; see docs/scenarios.md, "Commands in the guests"',
  );
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

test("where no kernel is there, what it lacks cannot be said: 125, and 2 where a file is wrong", async () => {
  const empty = { XDG_CACHE_HOME: join(directory, "cache") };
  const { exitCode, stdout, stderr } = await checkWith(empty, "smoke", "link-down");
  expect([exitCode, stdout.split("\n").length]).toEqual([125, 2]);
  expect(stderr).toBe(
    'could not look, for the kernels are not built yet: what is needed of them by smoke, link-down; "ntb-edma-lab build smoke link-down" builds them, and --files-only asks none',
  );
  const wrong = await checkWith(empty, "smoke", "--set", "topology.host.memroy=1G");
  expect(wrong.exitCode).toBe(2);
});

test("who wants the files looked at alone needs no kernel", async () => {
  const empty = { XDG_CACHE_HOME: join(directory, "cache") };
  const { exitCode, stdout, stderr } = await checkWith(empty, "smoke", "--files-only");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^smoke: \d+ steps/);
  expect(await checkWith(empty, "smoke", "--files-only", "--debug-kernel")).toMatchObject({
    ...{ exitCode: 2, stderr: expect.stringContaining("--files-only looks at no kernel") },
  });
});
