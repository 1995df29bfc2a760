// SPDX-License-Identifier: MIT
//
// All that both VMs boot, from kernels, packages and a QEMU made for the test.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { InfrastructureError } from "../errors.ts";
import { makeAll } from "./chains.ts";
import type { KernelChoice } from "./kernel/kernel-choice.ts";
import { Provisioning } from "./provisioning.ts";
import { file, guestSources, PlayedGuest } from "./testing/played-guest.ts";
import { playedDevices, playedQemu } from "./testing/played-qemu.ts";

let played: PlayedGuest;
let path: string;
/** Of the last provisioning. */
let stop: AbortController;
beforeEach(() => {
  played = new PlayedGuest(realpathSync(mkdtempSync(join(tmpdir(), "chains-test-"))));
  path = playedQemu(played.linux.root);
});
afterEach(() => rmSync(played.linux.root, { recursive: true }));

interface Asked {
  readonly host?: KernelChoice;
  readonly endpoint?: KernelChoice;
  readonly build?: boolean;
  readonly modules?: string;
  readonly devices?: typeof playedDevices;
}

function make({ host = played.debian, endpoint = host, build = true, ...more }: Asked = {}) {
  stop = new AbortController();
  const wanted = {
    kernels: { host, endpoint },
    qemu: { kind: "own", path },
    headers: false,
    build,
  };
  const modules = [file("edma_test/main.c", more.modules ?? "test\n")];
  const sources = { ...guestSources(modules), devices: more.devices ?? playedDevices };
  return makeAll(played.begin(stop.signal), wanted as Parameters<typeof makeAll>[1], sources, stop);
}

test("what is not there is built, and then found without any work", async () => {
  const made = await make();
  const { artifacts, compilers } = made;
  expect(artifacts.versions).toEqual({
    ...{ qemu: artifacts.qemu.version, hostCompiler: compilers[0]?.compilers.host },
    ...{ kernel: "7.3.4 (Debian 1)", kernelCompiler: "gnu gcc 1" },
  });
  expect(artifacts.versions.hostCompiler).toMatch(/gcc/);
  expect(artifacts.guests.endpoint).toEqual(artifacts.guests.host);
  expect(artifacts.qemu).toMatchObject({
    version: expect.stringMatching(/^10\.0\.13/),
    others: {},
  });
  const { crossCompile } = played.debian;
  expect(compilers.map(({ asked }) => asked)).toEqual([{}, { crossCompile }]);
  played.begun();
  expect(await make({ build: false })).toEqual(made);
  expect(played.begun()).toEqual([]);
});

test("each guest has the kernel that was chosen for it, and what sets them apart is told", async () => {
  const host = { ...played.debian, fragments: ["nvme", "aer"] };
  const { guests, versions } = (await make({ host, endpoint: played.debian })).artifacts;
  expect(guests.host.kernel.fragments).toEqual(["nvme.config", "aer.config"]);
  expect(guests.endpoint.kernel.fragments).toEqual([]);
  expect(versions.configFragments).toBe("host nvme.config + aer.config, endpoint none");
});

test("a host that is a PC has a kernel, packages and a QEMU of its own kind", async () => {
  const { linux } = played;
  const deb = played.deb("busybox");
  const uri = `'http://deb.example/b' busybox_1_amd64.deb 1 SHA256:${"a".repeat(64)}`;
  linux.program(
    "path/apt-get",
    `case "$*" in *--print-uris*) echo "${uri}";; *download*) cp ${deb} busybox_1_amd64.deb;; esac`,
  );
  for (const prefix of ["", "x86_64-linux-gnu-"]) linux.program(`path/${prefix}strip`, ":");
  linux.program("path/x86_64-linux-gnu-gcc", "echo x86 gcc 1");
  // Whatever this machine has, it need not build a real one.
  linux.program("path/dpkg-query", 'for name; do echo "$name installed"; done');
  vi.stubEnv("PATH", `${join(linux.root, "path")}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const host = { ...played.choice, architecture: "x86-64" as const };
  const { artifacts, compilers } = await make({ host, endpoint: played.choice });
  const { guests, qemu } = artifacts;
  expect(guests.host.kernel.architecture).toBe("x86-64");
  expect(guests.endpoint.kernel.architecture).toBe("arm64");
  expect(guests.host.initrd).not.toBe(guests.endpoint.initrd);
  expect(qemu.binary).toMatch(/qemu-system-aarch64$/);
  expect(qemu.others["x86-64"]?.binary).toMatch(/qemu-system-x86_64$/);
  expect(compilers.map(({ asked }) => asked.architecture)).toEqual([
    ...[undefined, undefined, "x86-64", undefined],
  ]);
  // That for Arm's guests is Arm's alone.
  expect(played.fetched).toEqual(["busybox"]);
});

test("after an edit only what is made of it is made again", async () => {
  await make();
  played.begun();
  await make({ modules: "edited\n" });
  expect(played.begun()).toEqual([
    ...["Check this machine's build tools", "Build the project's kernel modules"],
    "Put the guests' image together",
  ]);
  await make({ modules: "edited\n", devices: [...playedDevices, file("src/new.c", "")] });
  expect(played.begun()).toEqual([
    ...["Check this machine's build tools", expect.stringMatching(/^Build the devices for QEMU/)],
  ]);
});

test("room is asked for what has to be built, and for no more", async () => {
  const expected = vi.spyOn(Provisioning.prototype, "expect");
  onTestFinished(() => expected.mockRestore());
  const asked = () => expected.mock.calls.splice(0).reduce((sum, [bytes]) => sum + bytes, 0);
  const gib = 2 ** 30;
  await make();
  const all = asked();
  expect(all).toBeGreaterThan(4 * gib);
  await make();
  expect(asked()).toBe(0);
  await make({ modules: "edited\n" });
  const modules = asked();
  expect(modules).toBeGreaterThan(0);
  expect(modules).toBeLessThan(gib);
  await make({ modules: "edited\n", devices: [...playedDevices, file("src/a.c", "")] });
  expect(asked()).toBe(modules + gib);
  await make({
    host: { ...played.debian, debug: true },
    endpoint: played.debian,
    modules: "edited\n",
  });
  expect(asked()).toBe(all - gib);
});

test("where nothing is to be built, all that would have to be is told", async () => {
  await make();
  const edited = {
    build: false,
    modules: "edited\n",
    devices: [...playedDevices, file("src/a.c", "")],
  };
  await expect(make(edited)).rejects.toThrow(InfrastructureError);
  await expect(make(edited)).rejects.toThrow(
    "nothing is to be built: Build the project's kernel modules; Build the devices for QEMU. ",
  );
});

test("what fails in one chain is what is told, once the other has stopped", async () => {
  const broken = [file("Makefile", "all:\n\t@echo no such header; exit 1\n")];
  await expect(make({ devices: broken })).rejects.toThrow(/^Build the devices for QEMU .*status 2/);
  expect(stop.signal.aborted).toBe(true);
  const missing = { ...played.choice, crossCompile: "/nowhere/" };
  await expect(make({ host: missing })).rejects.toThrow("/nowhere/");
});

test("what is on a kernel is told by its name, of each guest's own", async () => {
  const { debian, linux } = played;
  linux.write("fix.patch", "--- a/main.c\n+++ b/main.c\n@@ -1 +1 @@\n-main\n+patched\n");
  const patched = { ...debian, patches: join(linux.root, "fix.patch") };
  const both = await make({ host: patched });
  expect(both.artifacts.versions.kernelPatches).toBe("fix");
  const one = await make({ host: patched, endpoint: debian });
  expect(one.artifacts.versions.kernelPatches).toBe("host fix, endpoint none");
});
