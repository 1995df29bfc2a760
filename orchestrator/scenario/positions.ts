// SPDX-License-Identifier: MIT
import { type Document, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from "yaml";

export type Path = readonly PropertyKey[];

/** `steps[3].direction` for `['steps', 3, 'direction']`. */
export function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

/**
 * Line and column of what stands at `path`: of the value, or with `key` of the key itself. A place
 * that the document does not have (a missing field) is reported at the nearest thing that holds it.
 */
export function positionOf(
  document: Document,
  lines: LineCounter,
  path: Path,
  key = false,
): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  path.forEach((part, depth) => {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (!pair) {
        node = undefined;
        return;
      }
      const keyOffset = startOf(pair.key);
      node = pair.value;
      offset = (last && key ? keyOffset : (startOf(node) ?? keyOffset)) ?? offset;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else {
      node = undefined;
    }
  });
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function startOf(node: unknown): number | undefined {
  if (isPair(node)) return startOf(node.key);
  return isNode(node) ? node.range?.[0] : undefined;
}
