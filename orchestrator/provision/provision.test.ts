// SPDX-License-Identifier: MIT
//
// Provisioning where nothing is built: what is told of an empty cache, and what may not leave this machine.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError, UsageError } from "../errors.ts";
import { aptState, hostArchitecture } from "./archive/apt.ts";
import { Cache } from "./cache/cache.ts";
import { cacheKey } from "./cache/cache-key.ts";
import { pinnedKernel, pinnedKernels } from "./kernel/kernel-choice.ts";
import { compilersRecord } from "./kernel/known-compilers.ts";
import { carriedOf, provisionPortably } from "./portable.ts";
import { currentEntries, guestsThere, provision, usedRequest, wantedOf } from "./provision.ts";
import { pinnedQemu } from "./qemu/choice.ts";
import { bootIdentity, requestOf } from "./request-of.ts";
import { readSources } from "./sources.ts";
import { runTask } from "./work/task.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "provision-test-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const { signal } = new AbortController();
const options = { signal, progress: () => {} };

test("where nothing is to be built, all that would have to be is told, and nothing is made", async () => {
  const cacheRoot = join(root, "cache");
  const failed = provision({ cacheRoot, build: false }, options);
  await expect(failed).rejects.toThrow(InfrastructureError);
  await expect(failed).rejects.toThrow(
    `not all that is to run is in ${cacheRoot}, and nothing is to be built: Build the guests' kernel; Build the devices for QEMU. `,
  );
  // Two kernels are two of them.
  const kernels = { ...pinnedKernels, host: { ...pinnedKernel, debug: true } };
  await expect(provision({ cacheRoot, build: false, kernels }, options)).rejects.toThrow(
    "to be built: Build the guests' kernel; Build the guests' kernel; Build the devices for QEMU",
  );
  expect(readdirSync(cacheRoot).sort()).toEqual(["locks", "users"]);
});

test("a cache without the kernels has no guests, neither one kernel nor two", async () => {
  expect(await guestsThere(pinnedKernels, signal, root)).toBeUndefined();
  const two = { ...pinnedKernels, host: { ...pinnedKernel, debug: true } };
  expect(await guestsThere(two, signal, root)).toBeUndefined();
});

test("what cleaning leaves alone is what would be looked for now, with apt's states", async () => {
  const entries = await currentEntries(new Cache(root), signal);
  for (const architecture of ["arm64", hostArchitecture] as const) {
    expect(entries).toContain(`trees/${aptState(architecture)}`);
  }
  expect([...entries].filter((entry) => entry.startsWith("pins/kernel-"))).toHaveLength(1);
});

test("a QEMU of one's own does not go to other machines", async () => {
  const qemu = { kind: "own", path: "/opt/qemu" } as const;
  const asked = provisionPortably({ cacheRoot: root, qemu }, options);
  await expect(asked).rejects.toThrow(UsageError);
  await expect(asked).rejects.toThrow("Debian's QEMU only, and not one's own: /opt/qemu");
  // Of Debian's all has to be there.
  await expect(provisionPortably({ cacheRoot: root, build: false }, options)).rejects.toThrow(
    "nothing is to be built",
  );
});

test("other machines get the results that this one needs now, with their versions and compilers, and no sources", async () => {
  const cache = new Cache(root);
  const environment = { signal, progress: () => {} };
  const make = (kind: string) =>
    runTask(environment, { id: "x", title: "X" }, undefined, (task) =>
      cache.produce(kind, "k", task, async (into) => writeFileSync(join(into, "x"), "")),
    );
  for (const kind of ["kernel", "downloads", "image"]) await make(kind);
  mkdirSync(join(root, "pins"));
  writeFileSync(join(root, "pins/kernel-1.json"), "7.3");
  for (const name of ["kernel-1.json", "gone.json"]) cache.refer("pins", name);
  cache.refer("modules", "not-there");
  cache.treePath("linux-7.3");
  const compilers = {
    ...{ host: "gcc 1", kernel: "gcc 2", compiler: "x-gcc", crossPrefix: "x-" },
    ...{ architecture: "arm64" as const, llvm: undefined, launcher: undefined },
  };
  const used = { asked: { crossCompile: "x-" }, compilers };
  const { entries, records } = await carriedOf(cache, [used]);
  expect(entries).toEqual(["image/k", "kernel/k"]);
  const [path, text] = compilersRecord(used);
  expect(records).toStrictEqual({ "pins/kernel-1.json": "7.3", [path]: text });
});

test("what a request leaves open is the project's own, built where it is not there", () => {
  const open = { kernels: pinnedKernels, qemu: pinnedQemu, programs: [], headers: false };
  expect(wantedOf({})).toEqual({ ...open, build: true });
  const asked = {
    kernels: { ...pinnedKernels, host: { ...pinnedKernel, debug: true } },
    ...{ qemu: { kind: "own", path: "/opt/qemu" } as const, headers: true, build: false },
  };
  expect(wantedOf({ ...asked, programs: ["b", "a", "b"] })).toEqual({
    ...{ ...asked, programs: ["a", "b"] },
  });
});

test("who is interrupted is told why, and nothing more is begun", async () => {
  const bin = join(root, "bin");
  mkdirSync(bin);
  // A machine with all that building needs, but for what fetches.
  const programs = { "dpkg-query": 'for name; do echo "$name installed"; done', gcc: "echo gcc 1" };
  for (const [name, script] of Object.entries({ ...programs, flock: 'exec /usr/bin/flock "$@"' })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  symlinkSync(join(bin, "gcc"), join(bin, "aarch64-linux-gnu-gcc"));
  vi.stubEnv("PATH", bin);
  onTestFinished(() => void vi.unstubAllEnvs());
  const stop = new AbortController();
  const reason = new Error("interrupted");
  const begun: string[] = [];
  const provisioning = provision(
    { cacheRoot: join(root, "cache") },
    {
      signal: stop.signal,
      progress: (event) => {
        if (event.type === "task-started") begun.push(event.task.title);
        if (event.type === "task-finished") stop.abort(reason);
      },
    },
  );
  await expect(provisioning).rejects.toBe(reason);
  expect(begun).toEqual(["Check this machine's build tools"]);
});

test("a request is told from others by all that decides it, and cannot be made again without its directories", () => {
  const request = { kernels: pinnedKernels, qemu: pinnedQemu, programs: [] };
  const tree = (directory: string) => ({
    ...pinnedKernel,
    source: { kind: "tree", directory } as const,
  });
  const own = { kind: "own", path: "/opt/qemu" } as const;
  const others = [
    request,
    { ...request, kernels: { ...pinnedKernels, host: tree("/src/a") } },
    { ...request, kernels: { ...pinnedKernels, endpoint: tree("/src/a") } },
    { ...request, qemu: own },
    { ...request, programs: ["fio"] },
  ].map(usedRequest);
  expect(new Set(others.map(({ identity }) => cacheKey(identity))).size).toBe(others.length);
  const directories = others.map(({ directories: [_project, ...rest] }) => rest);
  expect(directories).toEqual([[], ["/src/a"], ["/src/a"], ["/opt/qemu"], []]);
  expect(existsSync(join(others[0]?.directories[0] ?? "", "ntb-edma-lab"))).toBe(true);
});

test("plans boot the same in whatever order they ask for it, and another one for anything else", () => {
  const plan = {
    configFragments: ["a", "b"],
    patches: ["p", "q"],
    programs: ["x", "y"],
    hostArchitecture: "arm64",
  } as const;
  const same = { ...plan, configFragments: ["b", "a"], programs: ["y", "x"] };
  expect(bootIdentity(same)).toBe(bootIdentity(plan));
  for (const other of [
    { ...plan, configFragments: ["a"] },
    { ...plan, programs: ["x"] },
    // One may not apply before the other.
    { ...plan, patches: ["q", "p"] },
    { ...plan, hostArchitecture: "x86-64" as const },
    { ...plan, configFragments: ["a", "b", "x"], programs: ["y"] },
  ]) {
    expect(bootIdentity(other)).not.toBe(bootIdentity(plan));
  }
});

test("a scenario's own fragments go before a person's, for both guests, and its programs along", () => {
  const kernels = {
    ...pinnedKernels,
    host: { ...pinnedKernel, fragments: ["checks", "/own/mine.config"] },
  };
  const request = requestOf(
    {
      ...{ configFragments: ["nvme"], patches: ["epf-stale-bound"], programs: ["fio"] },
      hostArchitecture: "arm64",
    },
    { kernels, qemu: pinnedQemu },
  );
  expect(request.kernels.host.fragments).toEqual(["checks", "nvme", "/own/mine.config"]);
  expect(request.kernels.endpoint.fragments).toEqual(["nvme"]);
  expect(request.kernels.host.upstreamPatches).toEqual(["epf-stale-bound"]);
  expect(request).toMatchObject({ programs: ["fio"], qemu: pinnedQemu });
});

test("what decides a result is the project's sources, not tests and notes beside them", async () => {
  const { devices, modules, definition, builder } = await readSources();
  const paths = (snapshot: readonly { path: string }[]) => snapshot.map(({ path }) => path);
  expect(paths(devices)).toContain("Makefile");
  expect(paths(devices).some((path) => /^tests\/|\.md$|\.test\.ts$/.test(path))).toBe(false);
  expect(paths(modules)).toContain("ntb_transport/Kbuild");
  expect(paths(modules).some((path) => path.endsWith(".md"))).toBe(false);
  expect(paths(definition)).not.toContain("extras/fio/packages");
  expect(paths(builder)).toEqual(["cpio.ts", "elf.ts", "image.ts", "rootfs.ts"]);
  const more = await readSources(["fio"]);
  const packages = (of: typeof more) =>
    of.definition.find(({ path }) => path === "packages")?.data.toString() ?? "";
  expect(packages(more)).toMatch(/^fio$/m);
  expect(packages({ devices, modules, definition, builder })).not.toMatch(/^fio$/m);
});

test("a cache that cannot be written is no empty one", async () => {
  writeFileSync(join(root, "file"), "");
  const failed = provision({ cacheRoot: join(root, "file/cache"), build: false }, options);
  await expect(failed).rejects.toThrow(/ENOTDIR/);
});
