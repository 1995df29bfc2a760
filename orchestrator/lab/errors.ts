// SPDX-License-Identifier: MIT

/** What a person needs to see beside an error's message: a few lines, and where the rest is. */
export interface Excerpt {
  readonly title: string;
  readonly lines: readonly string[];
  readonly file?: string;
}

/** A guest crashed, never answered, or refused what a step needs: what is under test failed. Exit status 1. */
export class GuestError extends Error {
  override name = "GuestError";
  readonly exitStatus = 1;
  excerpts: readonly Excerpt[];

  constructor(message: string, excerpts: readonly Excerpt[] = [], options?: ErrorOptions) {
    super(message, options);
    this.excerpts = excerpts;
  }
}

/** A deadline has passed. The message says what was awaited and for how long. */
export class DeadlineError extends GuestError {
  override name = "DeadlineError";
}

/** The SSH connection to a guest broke, for a reason that the connection itself does not know. */
export class ConnectionLostError extends GuestError {
  override name = "ConnectionLostError";
}
