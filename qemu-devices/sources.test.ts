// SPDX-License-Identifier: MIT
//
// How the devices' sources stand to each other. The folders of src stand in floors: a file includes what lies in its own
// folder or further down, so no circle joins two folders. And a function's name tells its block, in a backtrace as in a
// profile.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "src");

/** The folders from top to bottom, and what the names of their functions begin with, after `dwc_` or by itself. */
const floors: Readonly<Record<string, readonly string[]>> = {
  plugin: ["plugin"],
  ".": ["instruction_counter"],
  card: ["card"],
  function: ["function", "fn"],
  "endpoint/profiles": [
    "imx8mq",
    "imx95",
    "keembay",
    "plat",
    "rcar",
    "rk",
    "sa8775p",
    "stm32",
    "uniphier",
  ],
  endpoint: ["ep", "memcpy_engine", "perst", "reset_lines"],
  windows: [
    "ep",
    "inbound",
    "access",
    "posted",
    "pages",
    "msix",
    "outbound",
    "in_flight",
    "bus",
    "error",
  ],
  core: ["ep", "watch", "profile", "stats"],
  "edma/maps": ["edma_map"],
  "edma/v0": ["v0"],
  "edma/hdma": ["hdma"],
  edma: ["edma", "engine"],
  dbi: ["dbi", "dbi2", "bar", "rebar", "aer", "ats", "iatu"],
  memory: ["ram", "local_memory", "peer_memory", "memory_change", "iotlb", "handed_out"],
  link: ["link", "post", "shared_pages", "tlp", "wake_event"],
  time: [
    "time",
    "clock",
    "mail",
    "pace",
    "sleep",
    "vcpu",
    "cost",
    "access",
    "port",
    "virtual_time",
  ],
};
const folders = Object.keys(floors);

interface Include {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.[ch]$/.test(path))
  .sort();
const text = (file: string) => readFileSync(join(root, file), "utf8");

describe("the devices' sources", () => {
  test("every folder has its floor", () => {
    expect(files.length).toBeGreaterThan(80);
    expect(files.filter((file) => !folders.includes(dirname(file)))).toEqual([]);
  });

  test("a file includes from its own folder and from those below", () => {
    const includes = files.flatMap((file) => includesOf(file, text(file)));
    expect(includes.length).toBeGreaterThan(100);
    expect(includes.filter(goesUp).map(told)).toEqual([]);
  });

  test("headers of the devices are included by their path from src", () => {
    const names = new Set(files.filter((file) => file.endsWith(".h")));
    const wrong = files.flatMap((file) =>
      [...text(file).matchAll(/^#include "([^"]+)"/gm)]
        .map(([, path = ""]) => path)
        .filter((path) => !names.has(path) && names.has(join(dirname(file), path)))
        .map((path) => `${file} includes "${path}"`),
    );
    expect(wrong).toEqual([]);
  });

  test("a function's name tells its block", () => {
    const wrong = files.flatMap((file) =>
      functionsOf(text(file))
        .filter((name) => !tellsBlock(file, name))
        .map((name) => `${file}: ${name}()`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("what the rules find", () => {
  test("an include that goes up, with its line", () => {
    const includes = includesOf("dbi/a.c", '#include "qemu/osdep.h"\n#include "windows/bus.h"\n');
    expect(includes.filter(goesUp).map(told)).toEqual([
      "src/dbi/a.c:2 includes windows/bus.h: dbi/ may not include windows/",
    ]);
    expect(includesOf("windows/a.c", '#include "dbi/dbi.h"\n').filter(goesUp)).toEqual([]);
  });

  test("functions, and those whose name says nothing", () => {
    const source = [
      "static bool",
      "dbi_good(void)",
      "{",
      "}",
      "static const char *find(unsigned n,",
      "                        bool b)",
      "{",
      "    if (call(n)) {",
      "    }",
      "}",
      "void dwc_dbi_also(int declared);",
      "",
    ].join("\n");
    expect(functionsOf(source)).toEqual(["dbi_good", "find"]);
    expect(tellsBlock("dbi/a.c", "dwc_dbi_good")).toBe(true);
    expect(tellsBlock("dbi/a.c", "find")).toBe(false);
    expect(tellsBlock("dbi/a.c", "dbifind")).toBe(false);
  });
});

function includesOf(from: string, source: string): Include[] {
  return source.split("\n").flatMap((text, index) => {
    const to = /^#include "([^"]+)"/.exec(text)?.[1];
    return to !== undefined && folders.includes(dirname(to)) && to.includes("/")
      ? [{ from, line: index + 1, to }]
      : [];
  });
}

function goesUp({ from, to }: Include): boolean {
  return folders.indexOf(dirname(to)) < folders.indexOf(dirname(from));
}

function told({ from, line, to }: Include): string {
  return `src/${from}:${line} includes ${to}: ${dirname(from)}/ may not include ${dirname(to)}/`;
}

/** Names of the functions that are defined: at the line's start, with a body that begins on a line of its own. */
function functionsOf(source: string): string[] {
  const definition = /^(?:[A-Za-z_][\w *]*?[ *\n])?([a-z]\w*)\([^;{}]*\)\n\{/gm;
  return [...source.matchAll(definition)].map(([, name = ""]) => name);
}

function tellsBlock(file: string, name: string): boolean {
  const blocks = floors[dirname(file)] ?? [];
  return blocks.some((block) => new RegExp(`^(dwc_)?${block}(_|$)`).test(name));
}
