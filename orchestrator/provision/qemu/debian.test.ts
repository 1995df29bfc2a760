// SPDX-License-Identifier: MIT
//
// Which QEMU of Debian's is taken: the machine's own where it is the very one, else that of packages. Programs of apt's and
// dpkg's names answer in their place.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Cache } from "../cache/cache.ts";
import { runTask, type Task } from "../work/task.ts";
import type { DebianChoice } from "./choice.ts";
import { fetchDebianQemu, findDebianQemu, unpackDebianQemu } from "./debian.ts";
import { headersKey, QEMU_HEADERS } from "./headers.ts";
import { packagesKey, QEMU_PACKAGES } from "./packages.ts";

const choice: DebianChoice = { kind: "debian", suite: "trixie" };

let root: string;
let cache: Cache;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "debian-qemu-test-"));
  cache = new Cache(join(root, "cache"));
  mkdirSync(cache.root);
  const uri = (file: string, digit: string) =>
    `'http://deb.example/${file}' ${file} 1 SHA256:${digit.repeat(64)}`;
  program(
    "apt-get",
    `echo "$*" >> ${root}/asked
case "$*" in
*"--print-uris"*"install"*) echo "${uri("qemu-system-arm_1%3a10.0_amd64.deb", "a")}" ;;
*"--print-uris"*"source"*) echo "${uri("qemu_10.0.dsc", "b")}" ;;
esac`,
  );
  installed("");
  vi.stubEnv("PATH", `${root}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function program(name: string, script: string): void {
  writeFileSync(join(root, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, name), 0o755);
}

/** What dpkg says of the machine's QEMU. */
function installed(says: string): void {
  const known = says === "" ? "exit 1" : `echo "${says}"`;
  program("dpkg-query", `case "$*" in *' qemu-system-arm') ${known} ;; *) exit 1 ;; esac`);
}

function inTask<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "qemu", title: "QEMU" }, undefined, work);
}

const fetch = (of = choice) => inTask((task) => fetchDebianQemu(cache, of, "arm64", task));

const asked = () =>
  readFileSync(join(root, "asked"), "utf8")
    .trimEnd()
    .split("\n")
    .filter((line) => !line.includes("--print-uris") && !line.includes("update"));

/** Puts a whole result into the cache. */
async function put(kind: string, key: string): Promise<void> {
  await inTask((task) => cache.produce(kind, key, task, async () => {}));
}

test("nobody has asked yet: there is none", async () => {
  expect(await findDebianQemu(cache, choice, "arm64")).toBeUndefined();
});

test("packages and source are fetched at the versions that the suite has", async () => {
  const { pin } = await fetch();
  expect(pin).toMatchObject({
    version: "1:10.0",
    packages: [{ name: "qemu-system-arm", version: "1:10.0" }],
    source: { name: "qemu", version: "1:10.0" },
  });
  expect(asked()).toEqual([
    "--quiet --only-source --download-only source qemu=1:10.0",
    "--quiet download qemu-system-arm=1:10.0",
  ]);
});

test("of packages it is there once they are unpacked, and runs from wherever the cache lies", async () => {
  const { pin } = await fetch();
  expect(await findDebianQemu(cache, choice, "arm64")).toBeUndefined();
  await put(QEMU_PACKAGES, packagesKey(pin, "arm64"));
  const found = await findDebianQemu(cache, choice, "arm64");
  const below = `${QEMU_PACKAGES}/${packagesKey(pin, "arm64")}/qemu-system-aarch64`;
  expect(found).toMatchObject({
    ...{ program: join(cache.root, below), seenFromResult: `$here/../../${below}` },
    ...{ version: "Debian 1:10.0 (packages)", preload: "NTB_EDMA_PRELOAD", state: null },
  });
  expect(await found?.hasHeaders(cache)).toBe(false);
  await put(QEMU_HEADERS, headersKey(pin.source));
  expect(await found?.hasHeaders(cache)).toBe(true);
  expect(found?.headers).toBe(join(cache.root, QEMU_HEADERS, headersKey(pin.source)));
  // What it is made from is needed for the next one.
  const looking = new Cache(cache.root);
  await findDebianQemu(looking, choice, "arm64");
  const kinds = [...looking.referred].map((entry) => entry.split("/")[0]);
  expect(kinds).toEqual(expect.arrayContaining(["downloads", QEMU_HEADERS, QEMU_PACKAGES]));
});

test("where the very same is installed, that one runs, and its source alone is fetched", async () => {
  installed("installed 1:10.0");
  const { pin } = await fetch();
  expect(pin.packages).toEqual([]);
  expect(asked()).toEqual(["--quiet --only-source --download-only source qemu=1:10.0"]);
  expect(await findDebianQemu(cache, choice, "arm64")).toMatchObject({
    ...{ program: "/usr/bin/qemu-system-aarch64", seenFromResult: "/usr/bin/qemu-system-aarch64" },
    ...{ version: "Debian 1:10.0 (installed)", preload: "LD_PRELOAD" },
  });
});

test.each(["installed 1:9.2", "deinstalled 1:10.0", ""])(
  "another one that is installed is not taken: %j",
  async (says) => {
    installed(says);
    expect((await fetch()).pin.packages).toHaveLength(1);
  },
);

test("what is to go to other machines is of packages, whatever is installed", async () => {
  installed("installed 1:10.0");
  const portable = { ...choice, portable: true };
  const { pin } = await fetch(portable);
  expect(pin.packages).toHaveLength(1);
  await put(QEMU_PACKAGES, packagesKey(pin, "arm64"));
  expect((await findDebianQemu(cache, portable, "arm64"))?.version).toContain("(packages)");
  // Nobody has looked up what the machine itself would run: that of the packages is there.
  expect((await findDebianQemu(cache, choice, "arm64"))?.version).toContain("(packages)");
});

test("what was fetched is unpacked, as far as that has not been done: headers always, packages where they are not there", async () => {
  const download = await fetch();
  const { pin } = download;
  const unpack = () => inTask((task) => unpackDebianQemu(cache, download, "arm64", task));
  // dpkg-source makes the directory that it is given last.
  program("dpkg-source", 'for all; do :; done\nmkdir -p "$all/include"; touch "$all/VERSION"');
  program("dpkg-deb", `echo "$*" > ${root}/unpacked; exit 3`);
  await expect(unpack()).rejects.toThrow("dpkg-deb ended with status 3");
  expect(readFileSync(join(root, "unpacked"), "utf8")).toContain(
    "qemu-system-arm_1%3a10.0_amd64.deb",
  );
  await put(QEMU_PACKAGES, packagesKey(pin, "arm64"));
  const plain = await unpack();
  expect(plain.version).toBe("Debian 1:10.0 (packages)");
  expect(await plain.hasHeaders(cache)).toBe(true);
  expect(readdirSync(plain.headers).sort()).toEqual(["VERSION", "include", "manifest.json"]);
});

test("each QEMU is told from others: of packages or the machine's, and at which version", async () => {
  const { pin } = await fetch();
  await put(QEMU_PACKAGES, packagesKey(pin, "arm64"));
  const identities = [(await findDebianQemu(cache, choice, "arm64"))?.identity];
  installed("installed 1:10.0");
  await fetch();
  identities.push((await findDebianQemu(cache, choice, "arm64"))?.identity);
  expect(identities).toEqual([
    ["packages", pin],
    ["installed", { ...pin, packages: [] }],
  ]);
});
