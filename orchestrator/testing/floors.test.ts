// SPDX-License-Identifier: MIT
//
// Which folder may import which. The folders stand in floors, and what one imports lies in itself or further down: so data
// flows one way, and no circle joins two folders. Inside a folder, files form no circle either. Types count like values.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { projectDirectory } from "../project.ts";

/** From top to bottom. A file belongs to the longest of these names that its path begins with. */
const floors = [
  "orchestrator/cli",
  "orchestrator/cli/bundles",
  "orchestrator/cli/kernels",
  "orchestrator/cli/cache",
  "orchestrator/cli/dev",
  "orchestrator/cli/doctor",
  "orchestrator/cli/scenario",
  "orchestrator/cli/vms",
  "orchestrator/cli/flags",
  "qemu-devices/bench",
  "qemu-devices/fuzz",
  "qemu-devices/tests",
  "orchestrator/bisect",
  "orchestrator/run/several",
  "orchestrator/run",
  "orchestrator/run/variant",
  "orchestrator/run/evidence",
  "orchestrator/bundle",
  "orchestrator/checks",
  "orchestrator/steps",
  "orchestrator/ktap",
  "orchestrator/report",
  "orchestrator/lab",
  "orchestrator/provision",
  "orchestrator/provision/qemu",
  "orchestrator/provision/image",
  "orchestrator/provision/kernel",
  "orchestrator/provision/trees",
  "orchestrator/provision/archive",
  "orchestrator/provision/cache",
  "orchestrator/provision/work",
  "orchestrator/scenario",
  "orchestrator",
];

interface Import {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

describe("floors", () => {
  const files = sources(projectDirectory);
  const imports = files.flatMap(importsOf);

  test("there is something to look at", () => {
    expect(imports.length).toBeGreaterThan(500);
  });

  test("a folder imports from itself and from what lies below it", () => {
    const wrong = imports.filter(({ from, to }) => floorOf(to) < floorOf(from)).map(told);
    expect(wrong).toEqual([]);
  });

  test("every folder with sources has its floor", () => {
    const homeless = files.filter((file) => floorOf(file) === -1);
    expect(homeless).toEqual([]);
    const empty = floors.filter((floor) => !files.some((file) => floors[floorOf(file)] === floor));
    expect(empty).toEqual([]);
  });

  test("files form no circle", () => {
    expect(circles(imports)).toEqual([]);
  });
});

describe("what the rules find", () => {
  test("an import that goes up", () => {
    const up = { from: "orchestrator/lab/a.ts", line: 3, to: "orchestrator/run/b.ts" };
    expect(floorOf(up.to)).toBeLessThan(floorOf(up.from));
    expect(told(up)).toBe(
      "orchestrator/lab/a.ts:3 imports orchestrator/run/b.ts: orchestrator/lab may not import orchestrator/run",
    );
  });

  test("a circle, with the line that closes it", () => {
    const [ab, bc, ca] = ["a:b", "b:c", "c:a"].map((pair, line) => {
      const [from = "", to = ""] = pair.split(":");
      return { from, line, to };
    }) as [Import, Import, Import];
    expect(circles([ab, bc])).toEqual([]);
    expect(circles([ab, bc, ca])).toEqual(["a → b → c → a (c:2)"]);
  });
});

function told({ from, line, to }: Import): string {
  const [above, below] = [floors[floorOf(from)], floors[floorOf(to)]];
  return `${from}:${line} imports ${to}: ${above} may not import ${below}`;
}

/** The place of a file's folder in `floors`; -1 where it has none. */
function floorOf(file: string): number {
  const parts = dirname(file).split(sep);
  for (let length = parts.length; length > 0; length--) {
    const floor = floors.indexOf(parts.slice(0, length).join("/"));
    if (floor !== -1) return floor;
  }
  return -1;
}

/** TypeScript that is no test and no help for tests, by paths below the project. */
function sources(project: string): string[] {
  return ["orchestrator", "qemu-devices"]
    .flatMap((top) =>
      readdirSync(join(project, top), { recursive: true, withFileTypes: true }).map((entry) =>
        relative(project, join(entry.parentPath, entry.name)),
      ),
    )
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .filter((path) => !path.split(sep).includes("testing"));
}

function importsOf(from: string): Import[] {
  const lines = readFileSync(join(projectDirectory, from), "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const path = /(?:\bfrom |\bimport\(|^import )"(\.{1,2}\/[^"]+\.ts)"/.exec(text)?.[1];
    const to = path === undefined ? undefined : join(dirname(from), path);
    return to !== undefined && existsSync(join(projectDirectory, to))
      ? [{ from, line: index + 1, to }]
      : [];
  });
}

/** Each circle once, as the way round with the import that closes it. */
function circles(imports: readonly Import[]): string[] {
  const byFile = Map.groupBy(imports, ({ from }) => from);
  const found: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (file: string) => {
    if (done.has(file)) return;
    way.push(file);
    for (const { line, to } of byFile.get(file) ?? []) {
      const start = way.indexOf(to);
      if (start === -1) follow(to);
      else found.push(`${[...way.slice(start), to].join(" → ")} (${file}:${line})`);
    }
    way.pop();
    done.add(file);
  };
  for (const file of byFile.keys()) follow(file);
  return found;
}
