#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// The way in, for whatever Node.js (20 or later) the machine has: installs the npm dependencies where they are absent or out
// of date, then hands over to the current Node.js among them, which runs TypeScript as it is. Only what comes with
// Node.js may be imported here.

import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modernNode = join(project, "node_modules/.bin/node");
const lockFile = join(project, "package-lock.json");

/** Asks this file, under the lock, to install dependencies and nothing else. */
const INSTALL = "--install-dependencies";
/** Could not be judged: the same status as for every failure of the infrastructure. */
const INFRASTRUCTURE_FAILED = 125;

const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  if (args[0] === INSTALL) return installDependencies();
  if (!dependenciesAreCurrent()) {
    // flock makes a second run wait for the first one's installation instead of pulling it from under its feet.
    const status = await run("flock", [lockFile, process.execPath, process.argv[1], INSTALL]);
    if (status !== 0) return INFRASTRUCTURE_FAILED;
  }
  const [command, ...rest] = args;
  if (command === "test")
    return run(modernNode, [join(project, "orchestrator/cli/test.ts"), ...rest]);
  return run(modernNode, [join(project, "orchestrator/cli/main.ts"), ...args]);
}

/** npm writes node_modules/.package-lock.json at the very end of an installation. */
function dependenciesAreCurrent() {
  const installed = join(project, "node_modules/.package-lock.json");
  if (!existsSync(installed) || !existsSync(modernNode)) return false;
  return statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
}

async function installDependencies() {
  if (dependenciesAreCurrent()) return 0;
  process.stderr.write("Installing the npm dependencies (npm ci) ...\n");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const status = await run("npm", ["ci", ...quiet], { cwd: project, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    process.stderr.write(
      `npm ci ended with status ${status}; its own message is above. Run it in ${project}.\n`,
    );
  }
  return status;
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
