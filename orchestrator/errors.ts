// SPDX-License-Identifier: MIT

/** Where the evidence behind an error lies. */
export interface FailureLog {
  /** Whole log of what failed. */
  readonly logPath?: string;
  /** The last lines of that log, oldest first. */
  readonly tail?: readonly string[];
}

/** The person asked for something that cannot be: wrong name, wrong file, missing tool. Exit status 2. */
export class UsageError extends Error {
  readonly exitStatus = 2;
  override readonly name = "UsageError";
}

/** The scenario needs what the guests' kernels do not have, or its patches are not for them. Exit status 2, unless such scenarios are to be skipped. */
export class UnmetNeedsError extends Error {
  readonly exitStatus = 2;
  override readonly name = "UnmetNeedsError";
}

/**
 * The run could not be judged: a download, a build or the machine failed, not what was under test. Exit status 125,
 * which `git bisect run` takes as "skip this revision".
 */
export class InfrastructureError extends Error {
  readonly exitStatus = 125;
  override readonly name = "InfrastructureError";
  readonly logPath: string | undefined;
  readonly tail: readonly string[];

  constructor(message: string, log: FailureLog = {}, options?: ErrorOptions) {
    super(message, options);
    this.logPath = log.logPath;
    this.tail = log.tail ?? [];
  }
}

/** Whether an error is the one of the system, or of Node.js, that has this code: `ENOENT` ... */
export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && Reflect.get(error, "code") === code;
}
