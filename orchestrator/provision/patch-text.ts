// SPDX-License-Identifier: MIT

/** Paths of all files that a patch changes, makes, moves or removes. */
export function pathsIn(patch: string): string[] {
  const paths = new Set<string>();
  for (const line of headersOf(patch)) {
    const header = /^(?:--- |\+\+\+ |rename (?:from|to) )(?:[ab]\/)?([^\t\r]+)/.exec(line);
    const path = header?.[1]?.trim();
    if (path !== undefined && path !== "" && path !== "/dev/null") paths.add(path);
  }
  return [...paths];
}

/** The header of the hunk of `file` that begins at `line` of the old file. */
export function hunkAt(patch: string, file: string, line: number): string | undefined {
  let current = "";
  for (const text of headersOf(patch)) {
    current = /^--- (?:a\/)?([^\t\r]+)/.exec(text)?.[1]?.trim() ?? current;
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
