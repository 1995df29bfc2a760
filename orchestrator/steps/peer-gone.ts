// SPDX-License-Identifier: MIT
import { InfrastructureError } from "../errors.ts";
import { GuestError } from "../lab/errors.ts";

/**
 * What a program says when the one at the other end is not there or has gone. It is the other guest's kernel that says so: a
 * network that is broken, however badly, ends in silence.
 */
const peerGone =
  /connection reset by peer|connection refused|broken pipe|server is busy|(?:server|client) has terminated/i;

/**
 * The same error; but if one of the lab's own programs has lost the other one, that is no fault of what is under test, and
 * the run cannot be judged.
 */
export function blamed(error: unknown): unknown {
  if (!(error instanceof GuestError)) return error;
  const lines = error.excerpts.flatMap((excerpt) => excerpt.lines);
  const said = [error.message, ...lines].find((text) => peerGone.test(text));
  if (said === undefined) return error;
  return new InfrastructureError(
    `${error.message} (one of the lab's own programs lost the other one: this run says nothing of what is under test)`,
    { tail: lines },
    { cause: error },
  );
}
