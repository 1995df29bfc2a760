// SPDX-License-Identifier: MIT
//
// One process for the tests of many mutants. A new one for each would take longer to start than most tests do.
import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { join } from "node:path";
import type { PoolOptions, PoolWorker, TestProject, WorkerRequest } from "vitest/node";
import { freshVariable } from "./mutants.ts";
import { spoiled } from "./mutants-spoiled.ts";

/** What one process runs before another takes its place: what tests leave behind in it does not last. */
const runsOfProcess = () => (process.env[freshVariable] === undefined ? 100 : 1);

interface Kept {
  readonly child: ChildProcess;
  runs: number;
}

/** The process that waits for the next mutant. */
let spare: Kept | undefined;
process.on("exit", () => void spare?.child.kill("SIGKILL"));

/**
 * vitest's own worker for processes, but for its end: vitest stops a worker behind each run, and starts another one for the next. This
 * one answers both in the process's place.
 */
export class KeptWorker implements PoolWorker {
  readonly name = poolName;
  readonly cacheFs = true;
  readonly #options: PoolOptions;
  readonly #heard = new EventEmitter({ captureRejections: false });
  readonly #forward = ["message", "error", "exit"].map(
    (event) => [event, (arg: unknown) => this.#hear(event, arg)] as const,
  );
  #kept: Kept | undefined;
  /** Of the run to come: by it vitest says which of the tests are meant. */
  #config: unknown;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  on(event: string, callback: (arg: unknown) => void): void {
    this.#heard.on(event, callback);
  }

  off(event: string, callback: (arg: unknown) => void): void {
    this.#heard.off(event, callback);
  }

  #hear(event: string, arg: unknown): void {
    if (arg !== spoiled) this.#heard.emit(event, arg);
    else if (this.#kept) this.#kept.runs = runsOfProcess();
  }

  async start(): Promise<void> {
    const { distPath, env, execArgv } = this.#options;
    const old = spare?.child.connected ? spare : undefined;
    spare = undefined;
    this.#kept = old ?? {
      child: fork(join(distPath, "workers/forks.js"), [], {
        ...{
          env,
          execArgv,
          serialization: "advanced",
          stdio: ["ignore", "ignore", "ignore", "ipc"],
        },
      }),
      runs: 0,
    };
    for (const [event, forward] of this.#forward) this.#kept.child.on(event, forward);
  }

  send(message: WorkerRequest): void {
    const { type } = message;
    if (type === "start") this.#config = message.context.config;
    const runs = this.#kept?.runs ?? 0;
    if (type === "stop" || (type === "start" && runs > 0)) {
      const answer = type === "stop" ? "stopped" : "started";
      setImmediate(() =>
        this.#heard.emit("message", { type: answer, __vitest_worker_response__: true }),
      );
      return;
    }
    // A process has the configuration of its start, unless a run brings its own.
    const sent =
      type === "run"
        ? { ...message, context: { config: this.#config, ...message.context } }
        : message;
    this.#kept?.child.send(sent as WorkerRequest);
  }

  async stop(): Promise<void> {
    const kept = this.#kept;
    if (!kept) return;
    for (const [event, forward] of this.#forward) kept.child.off(event, forward);
    this.#heard.removeAllListeners();
    kept.runs++;
    if (kept.child.connected && spare === undefined && kept.runs < runsOfProcess()) spare = kept;
    else kept.child.kill("SIGKILL");
  }

  deserialize(data: unknown): unknown {
    return data;
  }
}

const poolName = "kept";

/** Has vitest run tests in a process that is kept. Stryker's settings name a pool, which stands where a configuration's would. */
export const keptProcess = {
  name: "kept-process",
  configureVitest: ({ project }: { project: TestProject }) => {
    Object.assign(project.config, {
      pool: poolName,
      poolRunner: {
        name: poolName,
        createPoolWorker: (options: PoolOptions) => new KeptWorker(options),
      },
    });
  },
};
