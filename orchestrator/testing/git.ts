// SPDX-License-Identifier: MIT
import { execa } from "execa";

/** Git in a directory, as somebody with a name, which commits need. */
export function gitIn(directory: string) {
  return (...args: readonly string[]) =>
    execa("git", [
      ...["-C", directory, "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"],
      ...args,
    ]);
}
