// SPDX-License-Identifier: MIT

/** Paths that a patch in git's format moves files away from; they have no prefix. */
export function movedFrom(patch: string): string[] {
  return [...patch.matchAll(/^rename from (.+?)\r?$/gm)].map(([, path = ""]) => path);
}

/** The header of the hunk of `file` that begins at `line` of the old file. Headers have one component more, as `git apply` has it. */
export function hunkAt(patch: string, file: string, line: number): string | undefined {
  let current: string | undefined;
  for (const text of headersOf(patch)) {
    current = /^--- [^/]+\/([^\t\r]+)/.exec(text)?.[1] ?? current;
    const start = /^@@ -(\d+)/.exec(text)?.[1];
    if (current === file && Number(start) === line) return text.trim();
  }
  return undefined;
}

/**
 * All lines but those of the hunks' bodies that could look as a header does: a removed `-- x`. Hunks say how many lines of the old
 * file they have; what is added begins with a plus.
 */
function* headersOf(patch: string): Generator<string> {
  let old = 0;
  for (const line of patch.split("\n")) {
    if (old > 0) {
      // A backslash begins a remark about the line before.
      if (!/^[+\\]/.test(line)) old--;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? /.exec(line);
    if (hunk !== null) old = Number(hunk[1] ?? 1);
    yield line;
  }
}
