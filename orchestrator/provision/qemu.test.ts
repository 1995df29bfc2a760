// SPDX-License-Identifier: MIT
//
// QEMU with the devices, for programs that only answer as QEMU does.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Archive } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import type { Compilers } from "./kernel/compilers.ts";
import { Provisioning } from "./provisioning.ts";
import { fetchDebianQemu } from "./qemu/debian.ts";
import { QEMU_HEADERS } from "./qemu/headers.ts";
import { packagesKey, QEMU_PACKAGES } from "./qemu/packages.ts";
import { findQemu, makeQemu, type QemuInputs } from "./qemu.ts";
import { file } from "./testing/played-guest.ts";
import { playedDevices, playedQemu } from "./testing/played-qemu.ts";
import type { Task } from "./work/task.ts";

let root: string;
let cache: Cache;
let build: string;
let begun: string[];
let provisioning: Provisioning;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "qemu-test-")));
  cache = new Cache(join(root, "cache"));
  mkdirSync(cache.root);
  begun = [];
  provisioning = new Provisioning(
    cache,
    {} as Archive,
    (event) => void (event.type === "task-started" && begun.push(event.task.title)),
    new AbortController().signal,
  );
  build = playedQemu(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const compilers = { host: "gcc 1", launcher: undefined } as Compilers;
const inputs = () => ({
  ...{ choice: { kind: "own", path: build } as const, devices: playedDevices, compilers },
  architecture: "arm64" as const,
  headers: false,
});

test("the devices are built for it once, and then found", async () => {
  expect(await findQemu(cache, inputs())).toBeUndefined();
  const made = await makeQemu(provisioning, inputs());
  expect(begun).toEqual([
    "Check this machine's build tools",
    expect.stringMatching(/^Build the devices for QEMU /),
  ]);
  expect(made.version).toContain("10.0.13");
  expect(made.make).toEqual([
    `QEMU=${join(build, "qemu-system-aarch64")}`,
    expect.stringMatching(/^HEADERS=/),
  ]);
  expect(await findQemu(cache, inputs())).toEqual(made);
  expect(await findQemu(cache, { ...inputs(), devices: [] })).toBeUndefined();
});

test("none is found of Debian's where nobody has looked it up", async () => {
  const choice = { kind: "debian", suite: "trixie" } as const;
  expect(await findQemu(cache, { ...inputs(), choice })).toBeUndefined();
});

test("that of a PC's host is told from Arm's, by its own program", async () => {
  const made = await makeQemu(provisioning, { ...inputs(), architecture: "x86-64" });
  expect(begun.at(-1)).toMatch(/^Build the devices for QEMU .* \(qemu-system-x86_64\)$/);
  expect(made.binary).toMatch(/\/qemu-system-x86_64$/);
  expect(await findQemu(cache, inputs())).toBeUndefined();
});

describe("where headers come from Debian's archive", () => {
  const debian = { kind: "debian", suite: "trixie" } as const;

  beforeEach(() => {
    const bin = join(root, "bin");
    mkdirSync(bin);
    const play = (name: string, script: string) =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const uri = (file: string) => `'http://deb.example/${file}' ${file} 1 SHA256:${"a".repeat(64)}`;
    play(
      "apt-get",
      `case "$*" in
*"--print-uris"*"install"*) echo "${uri("qemu-system-arm_1%3a10.0_amd64.deb")}" ;;
*"--print-uris"*"source"*) echo "${uri("qemu_10.0.dsc")}" ;;
esac`,
    );
    play("dpkg-source", 'for all; do :; done\nmkdir -p "$all/include"');
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    return () => void vi.unstubAllEnvs();
  });

  /** Takes the headers away, which nothing needs that has been built. */
  async function lacksHeaders(choice: QemuInputs["choice"]): Promise<void> {
    const found = await findQemu(cache, { ...inputs(), choice, headers: true });
    expect(found).toBeDefined();
    rmSync(join(cache.root, QEMU_HEADERS), { recursive: true });
    expect(await findQemu(cache, { ...inputs(), choice })).toEqual(found);
    expect(await findQemu(cache, { ...inputs(), choice, headers: true })).toBeUndefined();
  }

  test("Debian's QEMU is fetched, unpacked, and has the devices built for it", async () => {
    const task = <T>(work: (task: Task) => Promise<T>) => provisioning.task("x", "X", work);
    const { pin } = await task((one) => fetchDebianQemu(cache, debian, "arm64", one));
    await task((one) =>
      cache.produce(QEMU_PACKAGES, packagesKey(pin, "arm64"), one, async (into) =>
        copyFileSync(join(build, "qemu-system-aarch64"), join(into, "qemu-system-aarch64")),
      ),
    );
    begun = [];
    const made = await makeQemu(provisioning, { ...inputs(), choice: debian });
    expect(begun).toEqual([
      ...["Check this machine's build tools", "Fetch QEMU", "Unpack QEMU 1:10.0"],
      "Build the devices for QEMU Debian 1:10.0 (packages)",
    ]);
    expect(await findQemu(cache, { ...inputs(), choice: debian })).toEqual(made);
    await lacksHeaders(debian);
  });

  test("a person's own of Debian's packages has the headers of its source fetched, once", async () => {
    rmSync(join(build, "config-host.h"));
    const program = join(build, "qemu-system-aarch64");
    const text = readFileSync(program, "utf8").replace("10.0.13", "10.0.13 (Debian 1:10.0)");
    writeFileSync(program, text);
    await makeQemu(provisioning, inputs());
    const building = expect.stringMatching(/^Build the devices for QEMU 10\.0\.13/);
    expect(begun.slice(1)).toEqual(["Fetch the headers of QEMU 1:10.0", building]);
    begun = [];
    await makeQemu(provisioning, { ...inputs(), devices: [...playedDevices, file("src/a.c", "")] });
    expect(begun).toEqual([building]);
    await makeQemu(provisioning, inputs());
    await lacksHeaders(inputs().choice);
  });
});
