// SPDX-License-Identifier: MIT

/** What a step's lines for a person begin with, among those of git. */
export const linePrefix = "> ";
