// SPDX-License-Identifier: MIT

/** The present time for names of files and directories, as in `20261129T124541Z`: in order of time where they are sorted. */
export function stamp(now = new Date()): string {
  return now.toISOString().replace(/\.\d+/, "").replace(/[-:]/g, "");
}
