#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The slow way in, for whatever Node.js (18 or later) the machine has: installs the npm dependencies where they are absent
// or are not those of package-lock.json, then hands over to a Node.js that runs TypeScript as it is: the one among them,
// with which all is tested, or else this one. Only what comes with Node.js may be imported here.

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(project, "node_modules");
const lockFile = join(project, "package-lock.json");
/** npm writes it at the very end of an installation. */
const installedLockFile = join(modules, ".package-lock.json");

/** npm's package of Node.js for this machine. It is an optional one, for npm to pass over those of other machines. */
const nodePackage = `node-${process.platform}-${process.arch}`;
const packagedNode = join(nodePackage, "bin/node");

/** For ./ntb-edma-lab, which need not ask here then: a copy of the lock file for which all is in order, and the Node.js. */
const stamp = join(modules, ".ntb-edma-lab.lock");
const nodeLink = join(modules, ".ntb-edma-lab.node");

/** Runs TypeScript without being asked to: from 22.18 on, and of the majors after it from these minors on. */
const FIRST_MINOR = { 22: 18, 23: 6 };

/** Whatever npm's settings and NODE_ENV say: all packages, where they belong, and none of their scripts, which need compilers. */
const NPM_CI = [
  ...["ci", "--ignore-scripts", "--install-strategy=hoisted", "--location=project"],
  ...["prod", "dev", "optional", "peer"].map((kind) => `--include=${kind}`),
  ...["dry-run", "engine-strict", "global", "package-lock-only"].map((name) => `--${name}=false`),
  ...["--bin-links=true", "--package-lock=true", "--no-audit", "--no-fund", "--loglevel=error"],
];

/** Asks this file, under the lock, to install dependencies and nothing else. */
const INSTALL = "--install-dependencies";
/** Could not be judged: the same status as for every failure of the infrastructure. */
const INFRASTRUCTURE_FAILED = 125;
/** Something that a person must put right. */
const USAGE = 2;

/** Standard output belongs to the command itself. */
const TO_STDERR = ["ignore", 2, 2];

/** Over the channel, which carries no message, the program learns that this one was killed outright. */
const WITH_CHANNEL = ["inherit", "inherit", "inherit", "ipc"];

const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  if (args[0] === INSTALL) return installDependencies();
  if (!dependenciesAreCurrent()) {
    // flock makes a second run wait for the first one's installation instead of pulling it from under its feet.
    const status = await run("flock", [lockFile, process.execPath, process.argv[1], INSTALL]);
    if (status !== 0) return status;
  }
  const { node, status } = await chooseNode();
  if (node === undefined) return status;
  leaveStamp(node);
  const program = [join(project, "orchestrator/cli/main.ts"), ...args];
  return run(resolve(modules, node), program, { stdio: WITH_CHANNEL });
}

/** By content: a checkout gives files new times without changing them. */
function dependenciesAreCurrent() {
  const wanted = packagesOf(lockFile);
  const installed = packagesOf(installedLockFile);
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const there = installed[path];
    // npm leaves out what is for other platforms, and was perhaps told to leave out more.
    if (!there) return entry.optional === true && path !== `node_modules/${nodePackage}`;
    return there.version === entry.version && there.integrity === entry.integrity;
  });
}

/** The packages of a lock file by path; undefined when there is no such file, or npm was killed while it wrote it. */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** Without it every start comes through here, which is slower and nothing worse. */
function leaveStamp(node) {
  try {
    rmSync(nodeLink, { force: true });
    symlinkSync(node, nodeLink);
    copyFileSync(lockFile, stamp);
  } catch {}
}

async function installDependencies() {
  if (dependenciesAreCurrent()) return 0;
  process.stderr.write("Installing the npm dependencies (npm ci) ...\n");
  const { error } = spawnSync("npm", ["--version"], { stdio: "ignore" });
  if (error?.code === "ENOENT") {
    process.stderr.write(
      "There is no npm, which comes with Node.js or as a package of its own. Install it, then run again:\n" +
        "  sudo apt-get install --yes npm\n",
    );
    return USAGE;
  }
  const status = await run("npm", NPM_CI, { cwd: project, stdio: TO_STDERR });
  if (status === 0) return 0;
  process.stderr.write(
    `npm ci ended with status ${status}; its own message is above. Run it in ${project}.\n`,
  );
  return INFRASTRUCTURE_FAILED;
}

/** The Node.js to run, absolute or below node_modules; or none, and the status to end with. */
async function chooseNode() {
  const complaint = complaintOf(packagedNode);
  if (complaint === undefined) return { node: packagedNode };
  if (runsTypeScript(process.versions.node)) return { node: process.execPath };
  if (complaint.includes("libatomic.so.1")) {
    const status = await installLibatomic();
    return status === 0 ? { node: packagedNode } : { status };
  }
  process.stderr.write(
    `ntb-edma-lab runs on Node.js 22.18 or newer; this one is ${process.version}, and npm's package ${nodePackage} does not do: ${complaint}. ` +
      "Install a newer one (https://nodejs.org/en/download), then run again.\n",
  );
  return { status: USAGE };
}

/** What hinders npm's Node.js from running; undefined when nothing does. */
function complaintOf(node) {
  const path = join(modules, node);
  if (!existsSync(path)) return "there is none for this machine";
  const trial = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (trial.status === 0) return undefined;
  return (trial.stderr || String(trial.error ?? `it ended by ${trial.signal}`)).trim();
}

function runsTypeScript(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 23 || minor >= FIRST_MINOR[major];
}

/** npm's Node.js needs one library that a Debian without a compiler does not have. */
async function installLibatomic() {
  const prefix = rootPrefix();
  if (prefix === undefined) {
    process.stderr.write(
      "The current Node.js needs the library libatomic. Install it, then run again:\n" +
        "  sudo apt-get install --yes libatomic1\n",
    );
    return USAGE;
  }
  process.stderr.write("Installing libatomic1, which the current Node.js needs ...\n");
  const apt = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"];
  const wait = ["-o", "DPkg::Lock::Timeout=300"];
  for (const action of [["update"], [...wait, "install", "--yes", "libatomic1"]]) {
    const [program, ...rest] = [...apt, ...action];
    const status = await run(program, rest, { stdio: TO_STDERR });
    if (status !== 0) {
      process.stderr.write(`apt-get ended with status ${status}; its own message is above.\n`);
      return INFRASTRUCTURE_FAILED;
    }
  }
  return 0;
}

/** How to become root without a question; undefined when there is no way. */
function rootPrefix() {
  if (process.getuid() === 0) return [];
  const sudo = spawnSync("sudo", ["--non-interactive", "true"], { stdio: "ignore" });
  return sudo.status === 0 ? ["sudo", "--non-interactive"] : undefined;
}

/** Runs a program in this one's place: its standard streams, our signals to it, its status to our caller. */
function run(file, args, options = {}) {
  return new Promise((done) => {
    let child;
    // In place before the program starts: a signal that comes in between must not leave it behind.
    const handlers = FORWARDED_SIGNALS.map((signal) => [signal, () => child?.kill(signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    const finish = (status) => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
      done(status);
    };
    child = spawn(file, args, { stdio: "inherit", ...options });
    child.on("error", (error) => {
      process.stderr.write(`could not start ${file}: ${error.message}\n`);
      finish(INFRASTRUCTURE_FAILED);
    });
    child.on("exit", (code, signal) => finish(code ?? 128 + constants.signals[signal]));
  });
}
