// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  chooseMirror,
  DEFAULT_MIRROR,
  parseDeb822,
  parseOneLineList,
  readMachineSources,
} from "./apt-sources.ts";

test("one-line entries: options, several components, comments", () => {
  const sources = parseOneLineList(`
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # home
  deb-src http://mirror.example/debian bookworm main
`);
  expect(sources).toEqual([
    {
      types: ["deb"],
      uris: ["http://mirror.example/debian"],
      suites: ["bookworm"],
      components: ["main", "contrib"],
    },
    {
      types: ["deb-src"],
      uris: ["http://mirror.example/debian"],
      suites: ["bookworm"],
      components: ["main"],
    },
  ]);
});

test("deb822 blocks: comments, lists over several lines, disabled blocks", () => {
  const sources = parseDeb822(`Types: deb deb-src
# where we are
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main

Enabled: no
Types: deb
URIs: http://other.example/debian
Suites: bookworm
Components: main
`);
  expect(sources).toEqual([
    {
      types: ["deb", "deb-src"],
      uris: ["http://mirror.example/debian"],
      suites: ["bookworm", "bookworm-updates"],
      components: ["main"],
    },
  ]);
});

test("the mirror is Debian's own archive, not security, not a vendor's repository", () => {
  const lines = `
deb http://security.example/debian-security bookworm-security main
deb https://vendor.example/linux/debian bookworm stable
deb https://apt.vendor.example bookworm main
deb https://vendor.example/debian nodistro main
deb file:///srv/debian bookworm main
deb-src http://sources.example/debian bookworm main
deb http://mirror.example/debian/ bookworm main
`;
  expect(chooseMirror(parseOneLineList(lines))).toBe("http://mirror.example/debian");
});

test("a mirror under another path is known by its updates", () => {
  const blocks = `Types: deb
URIs: https://apt.vendor.example
Suites: bookworm
Components: main

Types: deb
URIs: https://proxy.example/repository/debian-12
Suites: bookworm bookworm-updates
Components: main
`;
  expect(chooseMirror(parseDeb822(blocks))).toBe("https://proxy.example/repository/debian-12");
});

test("what else a mirror has beside Debian's own suites does not count", () => {
  const block = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-of-ours
Components: main
`;
  expect(chooseMirror(parseDeb822(block))).toBe("http://mirror.example/debian");
});

test("a machine without Debian's archive gets the default", () => {
  const ubuntu = parseOneLineList("deb http://archive.example/ubuntu noble noble-updates main\n");
  expect(chooseMirror(ubuntu)).toBe(DEFAULT_MIRROR);
  expect(chooseMirror([])).toBe(DEFAULT_MIRROR);
});

test("both formats are read from the machine's directory", async () => {
  const root = mkdtempSync(join(tmpdir(), "apt-test-"));
  try {
    mkdirSync(join(root, "sources.list.d"));
    writeFileSync(join(root, "sources.list"), "deb http://a.example/debian trixie main\n");
    writeFileSync(
      join(root, "sources.list.d/b.sources"),
      "Types: deb\nURIs: http://b.example/debian\nSuites: trixie\nComponents: main\n",
    );
    writeFileSync(
      join(root, "sources.list.d/c.list.save"),
      "deb http://c.example/debian trixie main\n",
    );
    const uris = (await readMachineSources(root)).flatMap((source) => source.uris);
    expect(uris).toEqual(["http://a.example/debian", "http://b.example/debian"]);
    rmSync(join(root, "sources.list.d"), { recursive: true });
    expect(await readMachineSources(root)).toHaveLength(1);
    rmSync(join(root, "sources.list"));
    expect(await readMachineSources(root)).toEqual([]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
