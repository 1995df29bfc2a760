// SPDX-License-Identifier: MIT
//
// The bootstrap in a project of its own, where `npm` and the modern Node.js are small scripts.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

// Each start is several processes; a busy machine takes seconds for them.
vi.setConfig({ testTimeout: 60_000 });

// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
const MODERN_NODE = '[ "$1" = --version ] && exit; echo "node ${1##*/} $2"; exit "${STATUS:-0}"';

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "start-test-"));
  mkdirSync(join(project, "orchestrator"));
  copyFileSync(join(import.meta.dirname, "start.mjs"), join(project, "orchestrator/start.mjs"));
  copyFileSync(join(import.meta.dirname, "../ntb-edma-lab"), join(project, "ntb-edma-lab"));
  lock({ "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } });
  program("packages/.bin/node", MODERN_NODE);
  // As the real one does, it writes the hidden lock file last.
  program(
    "bin/npm",
    'echo "npm $1"; sleep 0.2; rm -rf node_modules; cp -r packages node_modules; cp package-lock.json node_modules/.package-lock.json',
  );
});
afterEach(() => rmSync(project, { recursive: true }));

function program(path: string, script: string): void {
  const full = join(project, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, `#!/bin/sh\n${script}\n`);
  chmodSync(full, 0o755);
}

function lock(packages: Record<string, object>): void {
  writeFileSync(join(project, "package-lock.json"), JSON.stringify({ packages }));
}

function start(args: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [join(project, "orchestrator/start.mjs"), ...args], {
    cwd: tmpdir(),
    env: { PATH: `${join(project, "bin")}:${process.env.PATH}`, ...env },
    reject: false,
  });
}

test("the first start installs, saying so, and hands over; the second does not install", async () => {
  const first = await start(["scenario", "x"]);
  expect(first.stderr).toBe("Installing the npm dependencies (npm ci) ...\nnpm ci");
  expect(first.stdout).toBe("node main.ts scenario");
  const second = await start(["scenario", "x"]);
  expect(second.stderr).toBe("");
  expect(second.stdout).toBe("node main.ts scenario");
});

test("a package-lock.json with another package installs again", async () => {
  await start([]);
  lock({ "node_modules/a": { version: "1.0.1", integrity: "sha512-b" } });
  expect((await start([])).stderr).toContain("npm ci");
});

test("a package-lock.json that is newer, or is for other platforms too, installs nothing", async () => {
  await start([]);
  const soon = Date.now() / 1000 + 10;
  utimesSync(join(project, "package-lock.json"), soon, soon);
  expect((await start([])).stderr).toBe("");
  lock({
    "": { name: "project" },
    "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/a-windows": { version: "1.0.0", optional: true },
  });
  expect((await start([])).stderr).toBe("");
});

test("an installation that was killed is made again", async () => {
  await start([]);
  writeFileSync(join(project, "node_modules/.package-lock.json"), '{ "packages": {');
  expect((await start([])).stderr).toContain("npm ci");
});

describe("the short way in", () => {
  const short = (args: readonly string[], path = `${join(project, "bin")}:${process.env.PATH}`) =>
    execa(join(project, "ntb-edma-lab"), args, {
      cwd: tmpdir(),
      env: { PATH: path },
      reject: false,
    });
  const slow = () => program("bin/node", "echo slow way in");

  test("installs at first, then needs no other Node.js", async () => {
    expect((await short(["scenario"])).stderr).toContain("npm ci");
    slow();
    expect((await short(["scenario"])).stdout).toBe("node main.ts scenario");
  });

  test("asks start.mjs when package-lock.json is another one", async () => {
    await short([]);
    slow();
    lock({});
    expect((await short([])).stdout).toBe("slow way in");
  });

  test("says what is missing where there is no Node.js", async () => {
    for (const name of ["dirname", "readlink", "cmp", "ls"])
      program(`few/${name}`, `exec /usr/bin/${name} "$@"`);
    const { exitCode, stderr } = await short([], join(project, "few"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("apt-get install --yes nodejs npm");
  });
});

test("two first starts at once install once", async () => {
  const both = await Promise.all([start(["a"]), start(["b"])]);
  const installations = both.filter(({ stderr }) => stderr.includes("npm ci"));
  expect(installations).toHaveLength(1);
  expect(both.map(({ stdout }) => stdout)).toEqual(["node main.ts a", "node main.ts b"]);
});

test("an installation that fails is the infrastructure's failure and starts nothing", async () => {
  program("bin/npm", "echo no network >&2; exit 1");
  const result = await start(["scenario"]);
  expect(result.exitCode).toBe(125);
  expect(result.stdout).toBe("");
  expect(result.stderr).toContain("no network");
  expect(result.stderr).toContain(project);
});

test("a library that the modern Node.js misses is installed, then the command runs", async () => {
  program(
    "packages/.bin/node",
    `[ -e ${project}/installed ] || { echo "cannot load libatomic.so.1" >&2; exit 127; }\n${MODERN_NODE}`,
  );
  program(
    "bin/apt-get",
    `echo "apt-get $*" >&2; case "$*" in *libatomic1*) touch ${project}/installed;; esac`,
  );
  program("bin/sudo", 'shift; exec "$@"');
  const first = await start(["scenario"]);
  expect(first.stdout).toBe("node main.ts scenario");
  expect(first.stderr).toContain("Installing libatomic1");
  rmSync(join(project, "installed"));
  const later = await start(["scenario"]);
  expect(later.stdout).toBe("node main.ts scenario");
});

test("the status comes through", async () => {
  expect((await start(["scenario"], { STATUS: "2" })).exitCode).toBe(2);
});

test("a signal reaches the program, and its answer comes back", async () => {
  program(
    "packages/.bin/node",
    '[ "$1" = --version ] && exit; trap "echo stopped; exit 9" TERM; echo started; while :; do sleep 0.05; done',
  );
  const running = start(["scenario"]);
  running.stdout.on("data", (data) => {
    if (String(data).includes("started")) running.kill("SIGTERM");
  });
  const result = await running;
  expect(result.stdout).toBe("started\nstopped");
  expect(result.exitCode).toBe(9);
});
