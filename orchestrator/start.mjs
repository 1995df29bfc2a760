#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The slow way in, for whatever Node.js (20 or later) the machine has: installs the npm dependencies where they are absent
// or are not those of package-lock.json, then hands over to the current Node.js among them, which runs TypeScript as it
// is. Only what comes with Node.js may be imported here.

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modernNode = join(project, "node_modules/.bin/node");
const lockFile = join(project, "package-lock.json");
/** npm writes it at the very end of an installation. */
const installedLockFile = join(project, "node_modules/.package-lock.json");
/** A copy of the lock file for which all is in order, by which ./ntb-edma-lab knows that it need not ask here. */
const stamp = join(project, "node_modules/.ntb-edma-lab.lock");

/** Asks this file, under the lock, to install dependencies and nothing else. */
const INSTALL = "--install-dependencies";
/** Could not be judged: the same status as for every failure of the infrastructure. */
const INFRASTRUCTURE_FAILED = 125;
/** Something that a person must put right. */
const USAGE = 2;
/** The run-time linker's status when a library is missing. */
const CANNOT_LOAD = 127;

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
  leaveStamp();
  const program = [join(project, "orchestrator/cli/main.ts"), ...args];
  const handOver = () => run(modernNode, program, { stdio: WITH_CHANNEL });
  const status = await handOver();
  if (status !== CANNOT_LOAD) return status;
  const repaired = await ensureModernNodeRuns();
  return repaired === 0 ? handOver() : repaired;
}

/** By content: a checkout gives files new times without changing them. */
function dependenciesAreCurrent() {
  if (!existsSync(modernNode)) return false;
  const wanted = packagesOf(lockFile);
  const installed = packagesOf(installedLockFile);
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const there = installed[path];
    // npm leaves out what is for other platforms.
    if (!there) return entry.optional === true;
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
function leaveStamp() {
  try {
    copyFileSync(lockFile, stamp);
  } catch {}
}

async function installDependencies() {
  if (dependenciesAreCurrent()) return 0;
  process.stderr.write("Installing the npm dependencies (npm ci) ...\n");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const status = await run("npm", ["ci", ...quiet], { cwd: project, stdio: TO_STDERR });
  if (status !== 0) {
    process.stderr.write(
      `npm ci ended with status ${status}; its own message is above. Run it in ${project}.\n`,
    );
    return INFRASTRUCTURE_FAILED;
  }
  return ensureModernNodeRuns();
}

/** The npm package's Node.js needs one library that a Debian without a compiler does not have. */
async function ensureModernNodeRuns() {
  const trial = spawnSync(modernNode, ["--version"], { encoding: "utf8" });
  if (trial.status === 0) return 0;
  const complaint = (trial.stderr || String(trial.error)).trim();
  if (!complaint.includes("libatomic.so.1")) {
    process.stderr.write(`${modernNode} does not run: ${complaint}\n`);
    return INFRASTRUCTURE_FAILED;
  }
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
