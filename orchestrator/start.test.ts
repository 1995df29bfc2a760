// SPDX-License-Identifier: MIT
//
// The bootstrap in a project of its own, where `npm` and npm's package of Node.js are small scripts. What the real npm
// makes of its settings is in start.npm.test.ts.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
const PACKAGED_NODE = '[ "$1" = --version ] && exit; echo "node ${1##*/} $2"; exit "${STATUS:-0}"';

/** npm's package of Node.js for this machine, and what of it runs. */
const PACKAGE = `node-${process.platform}-${process.arch}`;
const NODE = `${PACKAGE}/bin/node`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "start-test-"));
  mkdirSync(join(project, "orchestrator/cli"), { recursive: true });
  copyFileSync(join(import.meta.dirname, "start.mjs"), join(project, "orchestrator/start.mjs"));
  copyFileSync(join(import.meta.dirname, "../ntb-edma-lab"), join(project, "ntb-edma-lab"));
  writeFileSync(
    join(project, "orchestrator/cli/main.ts"),
    "const node: string = process.execPath; console.log(node, process.argv[2]);",
  );
  lock({ "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } });
  program(`packages/${NODE}`, PACKAGED_NODE);
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

/** As a Node.js of this version sees itself. */
const asVersion = (version: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process,"versions",{value:{...process.versions,node:"${version}"}});Object.defineProperty(process,"version",{value:"v${version}"})`,
  )}`,
});

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
  const slow = () => program("bin/node", '[ "$1" = -e ] || echo slow way in');

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

  test.each([
    ["there is no Node.js", undefined],
    // As one of 16 answers what it is asked: whether it is new enough.
    ["the only Node.js is too old", "exit 1"],
  ])("says what is missing where %s", async (_what, node) => {
    for (const name of ["dirname", "readlink", "cmp", "ls"])
      program(`few/${name}`, `exec /usr/bin/${name} "$@"`);
    if (node !== undefined) program("few/node", node);
    const { exitCode, stderr } = await short([], join(project, "few"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("apt-get install --yes nodejs npm");
  });

  test("takes the slow way where its Node.js has gone", async () => {
    await short([]);
    rmSync(join(project, "node_modules", NODE));
    slow();
    expect((await short([])).stdout).toBe("slow way in");
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
    `packages/${NODE}`,
    `[ -e ${project}/installed ] || { echo "cannot load libatomic.so.1" >&2; exit 127; }\n${PACKAGED_NODE}`,
  );
  program(
    "bin/apt-get",
    `echo "apt-get $*" >&2; case "$*" in *libatomic1*) touch ${project}/installed;; esac`,
  );
  program("bin/sudo", 'shift; exec "$@"');
  const old = asVersion("20.20.2");
  const first = await start(["scenario"], old);
  expect(first.stdout).toBe("node main.ts scenario");
  expect(first.stderr).toContain("Installing libatomic1");
  rmSync(join(project, "installed"));
  const later = await start(["scenario"], old);
  expect(later.stdout).toBe("node main.ts scenario");
});

describe("without npm's Node.js", () => {
  const withoutPackage = () => rmSync(join(project, "packages", PACKAGE), { recursive: true });
  const thatDoesNotRun = () =>
    program(`packages/${NODE}`, "echo \"version 'GLIBC_2.99' not found\" >&2; exit 1");

  test.each(["22.18.0", "23.6.0"])("%s runs the command itself", async (version) => {
    withoutPackage();
    const { stdout, stderr } = await start(["scenario"], asVersion(version));
    expect(stdout).toBe(`${process.execPath} scenario`);
    expect(stderr).toBe("Installing the npm dependencies (npm ci) ...\nnpm ci");
    expect(readlinkSync(join(project, "node_modules/.ntb-edma-lab.node"))).toBe(process.execPath);
  });

  test("also where there is one that does not run", async () => {
    thatDoesNotRun();
    expect((await start(["scenario"])).stdout).toBe(`${process.execPath} scenario`);
  });

  test.each(["22.17.1", "23.5.0"])("%s says what to do in one sentence", async (version) => {
    withoutPackage();
    const { exitCode, stdout, stderr } = await start(["scenario"], asVersion(version));
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      `ntb-edma-lab runs on Node.js 22.18 or newer; this one is v${version}, and npm's package ${PACKAGE} does not do: there is none for this machine. Install a newer one`,
    );
  });

  test("the sentence has the reason why there is one that does not run", async () => {
    thatDoesNotRun();
    const { exitCode, stderr } = await start([], asVersion("20.20.2"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("version 'GLIBC_2.99' not found");
  });

  test("no npm either: says so", async () => {
    program("bin/flock", 'shift; exec "$@"');
    rmSync(join(project, "bin/npm"));
    const { exitCode, stderr } = await start([], { PATH: join(project, "bin") });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("apt-get install --yes npm");
  });
});

test("a program that ends with the status of a missing library runs once", async () => {
  const result = await start(["scenario"], { STATUS: "127" });
  expect(result.exitCode).toBe(127);
  expect(result.stdout).toBe("node main.ts scenario");
});

test("the status comes through", async () => {
  expect((await start(["scenario"], { STATUS: "2" })).exitCode).toBe(2);
});

test("a signal reaches the program, and its answer comes back", async () => {
  program(
    `packages/${NODE}`,
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
