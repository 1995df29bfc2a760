// SPDX-License-Identifier: MIT
//
// How the kernel modules' sources stand to each other: which folder includes which, that files of a module form no circle,
// and that a function's name tells in a backtrace where it belongs. A rule that is broken names the line.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

/** What the files of a folder may include by "", beside the folder's own. Files named here may do more than their folder. */
const includes: Record<string, readonly string[]> = {
  ntb_transport: ["ntb_transport/core", "ntb_transport/shm", "ntb_transport/edma"],
  "ntb_transport/core": [],
  "ntb_transport/shm": ["ntb_transport/core"],
  "ntb_transport/edma": ["ntb_transport/core"],
  "ntb_transport/edma/backend.c": ["ntb_transport/edma/ep", "ntb_transport/edma/host"],
  "ntb_transport/edma/ep": ["ntb_transport/core", "ntb_transport/edma"],
  "ntb_transport/edma/host": ["ntb_transport/core", "ntb_transport/edma"],
  "ntb_transport/held": ["ntb_transport/core"],
  "ntb_transport/held/all.c": ["ntb_transport", "ntb_transport/shm"],
  ntb_client: [],
  ntb_stall: [],
  dma_stall: [],
  edma_test: [],
  edma_vectors: [],
  memcpy_engine: [],
  time_grid: [],
};

/** How the names of functions begin, by folder. A file named here has its own block's. */
const prefixes: Record<string, readonly string[]> = {
  ntb_transport: ["nt_"],
  "ntb_transport/core": ["nt_", "ntb_"],
  "ntb_transport/shm": ["shm_"],
  "ntb_transport/edma": ["edma_"],
  "ntb_transport/edma/ep": ["edma_ep_"],
  "ntb_transport/edma/host": ["edma_host_"],
  "ntb_transport/held": ["nt_"],
  ntb_client: ["client_"],
  ntb_stall: ["stall_"],
  dma_stall: ["stall_"],
  edma_test: ["edma_test_"],
  edma_vectors: ["vectors_"],
  memcpy_engine: ["memcpy_"],
  time_grid: ["grid_"],
  "edma_test/busy.c": ["busy_"],
  "edma_test/card.c": ["card_"],
  "edma_test/control_tests.c": ["control_"],
  "edma_test/endpoint.c": ["edma_test_endpoint_", "endpoint_"],
  "edma_test/flight.c": ["edma_test_flight_", "flight_"],
  "edma_test/host.c": ["edma_test_host_", "host_"],
  "edma_test/joint_tests.c": ["joint_"],
  "edma_test/lane.c": ["edma_test_lanes_", "lane_"],
  "edma_test/mailbox.c": ["mailbox_"],
  "edma_test/pattern.c": ["edma_test_", "pattern_"],
  "edma_test/pause_tests.c": ["pause_"],
  "edma_test/report.c": ["edma_test_report_", "report_"],
  "edma_test/transfer_tests.c": ["transfer_"],
  "edma_test/whole.c": ["edma_test_flight_"],
};

interface Source {
  /** Relative to the folder of all modules. */
  readonly path: string;
  /** Without comments and the content of strings, line by line. */
  readonly code: readonly string[];
}

describe("sources of the kernel modules", () => {
  const sources = readSources();

  test("there is something to look at", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(functionsOf).length).toBeGreaterThan(300);
  });

  test("a folder includes what lies below it", () => {
    expect(wrongIncludes(sources)).toEqual([]);
  });

  test("every rule has its folder or file, and every folder its rules", () => {
    const paths = sources.flatMap(({ path }) => [path, dirname(path)]);
    const named = [...Object.keys(includes), ...Object.keys(prefixes)];
    expect(named.filter((name) => !paths.includes(name))).toEqual([]);
    const folders = new Set(sources.map(({ path }) => dirname(path)));
    expect([...folders].filter((name) => !(name in includes && name in prefixes))).toEqual([]);
  });

  test("files of a module form no circle", () => {
    expect(circles(uses(sources))).toEqual([]);
  });

  test("a function's name begins with its block", () => {
    expect(wrongNames(sources)).toEqual([]);
  });
});

describe("what the rules find", () => {
  const file = (path: string, text: string): Source => ({ path, code: codeOf(text) });

  test("an include that goes up", () => {
    const up = file("ntb_transport/core/a.c", '#include <a.h>\n#include "edma/qp.h"\n');
    expect(wrongIncludes([up, file("ntb_transport/edma/qp.h", "")])).toEqual([
      'ntb_transport/core/a.c:2 includes "edma/qp.h": ntb_transport/core may not include ntb_transport/edma',
    ]);
  });

  test("an include that is nowhere", () => {
    const missing = file("ntb_client/a.c", '#include "b.h"\n');
    expect(wrongIncludes([missing])).toEqual(['ntb_client/a.c:1 includes "b.h": no such file']);
  });

  test("a circle, by functions and by variables, with the line that closes it", () => {
    const a = file("m/a.c", "int m_a(void)\n{\n\treturn m_b + 1; /* m_c() */\n}\n");
    const b = file("m/b.c", 'const int m_b = 1;\nstatic void own(void)\n{\n\tsay("m_a(");\n}\n');
    expect(circles(uses([a, b]))).toEqual([]);
    const c = file("m/b.c", "const int m_b = 1;\nvoid m_c(void)\n{\n\tm_a();\n}\n");
    expect(circles(uses([a, c]))).toEqual(["m/a.c → m/b.c → m/a.c (m/b.c:4 uses m_a)"]);
  });

  test("a function whose name says nothing", () => {
    const silent = file(
      "ntb_client/a.c",
      "static bool\nclient_a(void)\n{\n}\n\nint put(int a)\n{\n}\n",
    );
    expect(wrongNames([silent])).toEqual([
      "ntb_client/a.c:6 put(): a name here begins with client_",
    ]);
  });
});

function readSources(): Source[] {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.[ch]$/.test(path) && !path.endsWith(".mod.c"))
    .sort()
    .map((path) => ({
      path,
      code: codeOf(readFileSync(join(import.meta.dirname, path), "utf8")),
    }));
}

/** The text without comments; what is in strings is left out too, but for the names of included files. */
function codeOf(text: string): string[] {
  const blank = (match: string) => match.replaceAll(/[^\n]/g, " ");
  return text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, blank)
    .split("\n")
    .map((line) =>
      line.startsWith("#include") ? line : line.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'),
    );
}

function wrongIncludes(sources: readonly Source[]): string[] {
  const known = new Set(sources.map(({ path }) => path));
  return sources.flatMap(({ path, code }) =>
    code.flatMap((line, index) => {
      const name = /^#include "(.*)"/.exec(line)?.[1];
      if (name === undefined) return [];
      const told = `${path}:${index + 1} includes "${name}"`;
      // From the folder of the file, else from the module's.
      const ways = [join(dirname(path), name), join(path.split("/", 1)[0] ?? "", name)];
      const target = ways.find((way) => known.has(way));
      if (target === undefined) return [`${told}: no such file`];
      const [from, to] = [dirname(path), dirname(target)];
      const allowed = [from, ...(includes[from] ?? []), ...(includes[path] ?? [])];
      return allowed.includes(to) ? [] : [`${told}: ${from} may not include ${to}`];
    }),
  );
}

interface Definition {
  readonly name: string;
  readonly line: number;
  readonly ours: boolean;
}

/** Functions that a file defines; `ours` are those that only it can use. The kernel's style begins each in the first column. */
function functionsOf({ path, code }: Source): Definition[] {
  if (!path.endsWith(".c")) return [];
  return code.flatMap((line, index) => {
    const head = /^(?!#|typedef\b|return\b)[a-zA-Z_][\w\s*(),]*?\**\b(\w+)\((?![^()]*\);)/.exec(
      line,
    );
    const alone = /^(\w+)\(/.exec(line);
    const name = head?.[1] ?? alone?.[1];
    if (name === undefined || /^[A-Z_]+$/.test(name) || name === "__printf") return [];
    const opens = code.findIndex((text, at) => at >= index && /^[{}]|;$/.test(text));
    if (code[opens] !== "{") return [];
    const before = index > 0 ? (code[index - 1] ?? "") : "";
    const ours = /^static\b/.test(line) || (head === null && /^static\b/.test(before));
    return [{ name, line: index + 1, ours }];
  });
}

/** Variables that others can use. */
function variablesOf({ path, code }: Source): string[] {
  if (!path.endsWith(".c")) return [];
  return code.flatMap((line) => {
    const name =
      /^(?!static\b|extern\b|struct \w+ \{|return\b)[a-z][\w\s*]*?\b(\w+)(?:\[[^\]]*\])? =/.exec(
        line,
      )?.[1];
    const plain = /^(?:const )?(?:unsigned |struct )?[a-z]\w*(?: [a-z]\w*)* \**(\w+);$/.exec(
      line,
    )?.[1];
    const variable = name ?? plain;
    return variable === undefined ? [] : [variable];
  });
}

interface Use {
  readonly from: string;
  readonly line: number;
  readonly name: string;
  readonly to: string;
}

/** Where a .c file of a module uses what another defines. */
function uses(sources: readonly Source[]): Use[] {
  const definedIn = new Map<string, string>();
  for (const source of sources) {
    const module = source.path.split("/", 1)[0];
    const open = functionsOf(source).filter(({ ours }) => !ours);
    for (const name of [...open.map(({ name }) => name), ...variablesOf(source)]) {
      definedIn.set(`${module}:${name}`, source.path);
    }
  }
  return sources
    .filter(({ path }) => path.endsWith(".c"))
    .flatMap(({ path, code }) =>
      code.flatMap((line, index) => {
        // Not members of a structure, which may have the name of a function.
        const names = [...line.matchAll(/(?<![\w.]|->)[a-zA-Z_]\w*/g)].map(([name]) => name);
        return names.flatMap((name) => {
          const to = definedIn.get(`${path.split("/", 1)[0]}:${name}`);
          return to === undefined || to === path ? [] : [{ from: path, line: index + 1, name, to }];
        });
      }),
    );
}

/** Each circle once, as the way round with the use that closes it. */
function circles(all: readonly Use[]): string[] {
  const byFile = Map.groupBy(all, ({ from }) => from);
  const found = new Set<string>();
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (file: string) => {
    if (done.has(file)) return;
    way.push(file);
    const seen = new Set<string>();
    for (const { line, name, to } of byFile.get(file) ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      const start = way.indexOf(to);
      if (start === -1) follow(to);
      else found.add(`${[...way.slice(start), to].join(" → ")} (${file}:${line} uses ${name})`);
    }
    way.pop();
    done.add(file);
  };
  for (const file of [...byFile.keys()].sort()) follow(file);
  return [...found];
}

function wrongNames(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const begins = prefixes[source.path] ?? prefixes[dirname(source.path)] ?? [];
    return functionsOf(source)
      .filter(({ name }) => !begins.some((prefix) => name.startsWith(prefix)))
      .map(
        ({ name, line }) =>
          `${source.path}:${line} ${name}(): a name here begins with ${begins.join(" or ")}`,
      );
  });
}
