// SPDX-License-Identifier: MIT

/** Paths that a patch in git's format moves files away from; they have no prefix. */
export function movedFrom(patch: string): string[] {
  const lines = [...headersOf(patch)].map((line) => /^rename from (.+?)\r?$/.exec(line)?.[1]);
  return lines.filter((path) => path !== undefined);
}

/** The header of the hunk of `file` that begins at `line` of the old file. Headers have one component more, as `git apply` has it. */
export function hunkAt(patch: string, file: string, line: number): string | undefined {
  let current = "";
  for (const text of headersOf(patch)) {
    current = /^--- [^/]+\/([^\t\r]+)/.exec(text)?.[1]?.trim() ?? current;
    const start = /^@@ -(\d+)/.exec(text)?.[1];
    if (start !== undefined && current === file && Number(start) === line) return text.trim();
  }
  return undefined;
}

/** All lines but those of the hunks' bodies, where a removed `-- x` looks as a header does: hunks say how long they are. */
function* headersOf(patch: string): Generator<string> {
  let [old, fresh] = [0, 0];
  for (const line of patch.split("\n")) {
    if (old > 0 || fresh > 0) {
      if (line.startsWith("\\")) continue;
      if (!line.startsWith("+")) old--;
      if (!line.startsWith("-")) fresh--;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) [old, fresh] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    yield line;
  }
}
