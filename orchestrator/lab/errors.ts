// SPDX-License-Identifier: MIT
import type { MachineName } from "../scenario/topology/graph.ts";

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

/** A kernel's complaint, as its console has it. */
export interface Complaint {
  readonly role: MachineName;
  /** Its kind: `oops`, `WARN`, `KASAN` ... */
  readonly kind: string;
  /** What the kernel printed around it, for a person. */
  readonly trace: readonly string[];
  /** Of that, what belongs to the complaint itself. */
  readonly lines: readonly string[];
  /** When, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** What a kernel complained of after the complaint that ended the run. */
export interface LaterComplaint {
  readonly message: string;
  /** When, in milliseconds of `performance.now()`. */
  readonly at: number;
  readonly excerpt: Excerpt;
}

/** A kernel complained on its console of something that the scenario does not know. */
export class ComplaintError extends GuestError {
  override name = "ComplaintError";
  readonly complaint: Complaint;
  /** Often the worse: a warning, then the oops that it warned of. */
  followedBy: readonly LaterComplaint[] = [];

  constructor(message: string, excerpts: readonly Excerpt[], complaint: Complaint) {
    super(message, excerpts);
    this.complaint = complaint;
  }
}
