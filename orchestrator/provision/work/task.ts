// SPDX-License-Identifier: MIT
//
// One named, timed and logged piece of work. Programs it starts run in a process group of their own, which is ended as a
// whole on abort; all they print goes to the task's log and, line by line, to the progress sink.

import { createWriteStream, type WriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import { type ExecaError, execa } from "execa";
import { InfrastructureError, UsageError } from "../../errors.ts";
import type { ProgressSink, TaskName } from "./events.ts";
import type { Lock } from "./lock.ts";

/** Lines of a failed task's log that its error carries. */
const TAIL_LINES = 30;
/** Time between asking a process group to end and ending it. */
const TERMINATION_GRACE_MS = 5_000;

export interface TaskEnvironment {
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Also takes what the program prints, line by line. */
  readonly onLine?: (line: string) => void;
}

/** For programs whose words are read: what they print is in English. LANGUAGE would win over C.UTF-8. */
export const english = { LC_ALL: "C.UTF-8", LANGUAGE: undefined } as const;

/** Handed to a task's body: how it runs programs and says things. */
export class Task {
  readonly name: TaskName;
  readonly environment: TaskEnvironment;
  readonly #log: WriteStream | undefined;
  readonly #tail: string[] = [];
  readonly #locks = new Set<Lock>();
  #found = false;
  #worked = false;

  constructor(name: TaskName, environment: TaskEnvironment, log: WriteStream | undefined) {
    this.name = name;
    this.environment = environment;
    this.#log = log;
  }

  get signal(): AbortSignal {
    return this.environment.signal;
  }

  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Whether everything that the task was asked for was there already. */
  get cached(): boolean {
    return this.#found && !this.#worked;
  }

  /** Says that something was there already. */
  markFound(): void {
    this.#found = true;
  }

  /** Says that something had to be made. */
  markWorked(): void {
    this.#worked = true;
  }

  /** Runs `body` while holding `lock`, which the programs it starts keep alive until they end, then releases it. */
  async holding<T>(lock: Lock, body: () => Promise<T>): Promise<T> {
    this.#locks.add(lock);
    try {
      return await body();
    } finally {
      this.#locks.delete(lock);
      await lock.release();
    }
  }

  /** Writes one line to the log and the progress sink. */
  say(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#log?.write(`${line}\n`);
    this.environment.progress({ type: "task-output", task: this.name, line });
  }

  waiting(reason: string): void {
    this.#log?.write(`waiting: ${reason}\n`);
    this.environment.progress({ type: "task-waiting", task: this.name, reason });
  }

  /**
   * Runs a program to its end; what it prints is the task's output.
   *
   * @throws Error saying how it ended, unless with status 0. runTask adds the log.
   */
  async run(file: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
    const child = this.#start(file, args, options);
    await this.#finish(child, async () => {
      for await (const line of child.iterable({ from: "all" })) {
        this.say(line);
        options.onLine?.(line);
      }
    });
  }

  /** Runs a program and returns what it printed on standard output; only its complaints are the task's output. */
  async query(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const child = this.#start(file, args, options);
    const printed: string[] = [];
    await this.#finish(child, async () => {
      // Both fail with a program that does.
      await Promise.all([
        (async () => {
          for await (const line of child.iterable({ from: "stderr" })) this.say(line);
        })(),
        (async () => {
          for await (const line of child.iterable({ from: "stdout" })) printed.push(line);
        })(),
      ]);
    });
    return printed.join("\n");
  }

  #start(file: string, args: readonly string[], options: RunOptions) {
    this.signal.throwIfAborted();
    this.#log?.write(`$ ${[file, ...args].join(" ")}\n`);
    return execa(file, args, {
      detached: true,
      all: true,
      buffer: false,
      stdio: ["ignore", "pipe", "pipe", ...[...this.#locks].map((lock) => lock.fd)],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...english, ...options.env },
    });
  }

  async #finish(
    child: Promise<unknown> & { readonly pid?: number },
    read: () => Promise<void>,
  ): Promise<void> {
    const stopWatching = onAbort(this.signal, () => endProcessGroup(child.pid));
    try {
      await read();
      await child;
    } catch (error) {
      this.signal.throwIfAborted();
      throw new Error(describeFailure(error as ExecaError), { cause: error });
    } finally {
      stopWatching();
    }
  }
}

/**
 * Runs `body` as a task. Errors of the project's own kinds pass through; any other becomes an InfrastructureError that
 * carries the end of the log and where the whole of it lies.
 */
export async function runTask<T>(
  environment: TaskEnvironment,
  name: TaskName,
  logPath: string | undefined,
  body: (task: Task) => Promise<T>,
): Promise<T> {
  environment.signal.throwIfAborted();
  const started = performance.now();
  const log = logPath === undefined ? undefined : await openLog(logPath);
  const task = new Task(name, environment, log);
  environment.progress({ type: "task-started", task: name, logPath });
  try {
    const result = await body(task);
    const durationMs = performance.now() - started;
    environment.progress({ type: "task-finished", task: name, durationMs, cached: task.cached });
    return result;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const { tail } = task;
    const durationMs = performance.now() - started;
    environment.progress({ type: "task-failed", task: name, durationMs, message, logPath, tail });
    environment.signal.throwIfAborted();
    if (error instanceof UsageError || error instanceof InfrastructureError) throw error;
    const evidence = logPath === undefined ? { tail } : { tail, logPath };
    throw new InfrastructureError(`${name.title}: ${message}`, evidence, { cause: error });
  } finally {
    if (log !== undefined) {
      log.end();
      await finished(log);
    }
  }
}

async function openLog(path: string): Promise<WriteStream> {
  await mkdir(dirname(path), { recursive: true });
  return createWriteStream(path, { flags: "a" });
}

function onAbort(signal: AbortSignal, action: () => void): () => void {
  signal.addEventListener("abort", action, { once: true });
  return () => signal.removeEventListener("abort", action);
}

function endProcessGroup(pid: number | undefined): void {
  if (pid === undefined || !signalGroup(pid, "SIGTERM")) return;
  // Does not hold the process open: when this process leaves first, the group has had its SIGTERM.
  setTimeout(() => signalGroup(pid, "SIGKILL"), TERMINATION_GRACE_MS).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false; // the group has ended
  }
}

function describeFailure(error: ExecaError): string {
  const program = error.command.split(" ", 1)[0];
  if (error.signal !== undefined) return `${program} was ended by ${error.signal}`;
  if (error.exitCode !== undefined) return `${program} ended with status ${error.exitCode}`;
  return error.code === "ENOENT" ? `${program} is not installed` : error.shortMessage;
}
