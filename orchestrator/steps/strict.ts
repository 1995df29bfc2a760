// SPDX-License-Identifier: MIT

/** Also in functions and command substitutions; which command it was is told behind all that was printed, as TAP's comment. */
export const strictness = `set -Eeo pipefail; shopt -s inherit_errexit; trap 'echo "# ended by: $BASH_COMMAND (status $?)" >&2' ERR`;

/**
 * A scenario's script as a guest runs it: bash ends it at the first command that fails, and a pipeline fails with any of its
 * commands, as in the steps of a CI job. Without that what is printed behind a module that did not load, or a log that could
 * not be read, is taken for what was to be seen. `set +e` in the script takes it back.
 */
export function strict(script: string): string {
  return `${strictness}\n${script}`;
}
