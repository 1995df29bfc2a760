// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import type { DoctorFacts } from "./facts.ts";
import { doctorFindings } from "./findings.ts";

const GIB = 1024 ** 3;

const good: DoctorFacts = {
  lab: "v1",
  node: "v26.0.0",
  system: "Debian, arm64",
  processors: 2,
  memory: { total: 8 * GIB, available: 6 * GIB },
  temporary: "/tmp",
  machine: { architecture: "arm64", kvmDevice: "usable" },
  packages: { here: "all", count: 25 },
  programs: new Map([["gdb-multiarch", true]]),
  cache: {
    root: "/home/a/.cache/ntb-edma-lab",
    free: 10 * GIB,
    used: 2 * GIB,
    state: { is: "complete", versions: { qemu: "10.0.13" } },
    imported: undefined,
  },
  kept: [],
};

const of = (change: Partial<DoctorFacts>, what: string) =>
  doctorFindings({ ...good, ...change }).find((finding) => finding.what === what);

test("a machine that has all is missing nothing", () => {
  const findings = doctorFindings(good);
  expect(findings.filter(({ status }) => status === "missing")).toEqual([]);
  expect(of({}, "accelerator")?.text).toContain("KVM");
  expect(of({}, "QEMU")?.text).toBe("10.0.13");
  expect(of({}, "for --gdb")).toMatchObject({ status: "ok", text: "gdb-multiarch" });
  expect(of({}, "for LLVM=1")).toMatchObject({
    status: "note",
    text: "not here: clang and ld.lld",
  });
});

test("packages that nobody can install without a password are missing, with the command", () => {
  const lacking = { here: "some", missing: ["bison", "flex"], installable: false } as const;
  const cache = { ...good.cache, state: { is: "empty" } } as const;
  expect(of({ packages: lacking, cache }, "build packages")).toEqual({
    status: "missing",
    what: "build packages",
    text: "sudo apt-get install --yes --no-install-recommends bison flex",
  });
  const packages = { ...lacking, installable: true };
  expect(of({ packages }, "build packages")?.status).toBe("note");
});

test("a cache that has everything needs no packages, wherever it is from", () => {
  const packages = { here: "some", missing: ["bison"], installable: false } as const;
  expect(of({ packages }, "build packages")).toMatchObject({
    status: "note",
    text: "for a build: sudo apt-get install --yes --no-install-recommends bison",
  });
  expect(of({ packages: { here: "not Debian", why: "no dpkg" } }, "build packages")?.status).toBe(
    "note",
  );
});

test("a cache that came in a file says what it cannot do", () => {
  expect(of({}, "taken in")).toBeUndefined();
  const imported = { file: "lab.tar.zst", made: "2026-11-29", lab: "abc" };
  const text = of({ cache: { ...good.cache, imported } }, "taken in")?.text;
  expect(text).toMatch(
    /^lab\.tar\.zst, made 2026-11-29 by revision abc, without sources: .*--patches/,
  );
});

test("the accelerator is told with the reason", () => {
  const machine = { architecture: "x64", kvmDevice: "usable" } as const;
  expect(of({ machine }, "accelerator")?.text).toContain("Arm guests need an Arm machine");
});

test.each([
  [{ is: "empty" }, 7, "missing"],
  [{ is: "empty" }, 9, "ok"],
  [{ is: "complete", versions: {} }, 0.1, "ok"],
] as const)("a cache that %j on a disk with %d GiB free: %s", (state, free, status) => {
  const cache = { ...good.cache, state, free: free * GIB };
  expect(of({ cache }, "disk")?.status).toBe(status);
});

test("kernels that cannot be had, too little memory and a long temporary path are missing", () => {
  const state = { is: "impossible", why: "no such series" } as const;
  expect(of({ cache: { ...good.cache, state } }, "cache")).toMatchObject({
    status: "missing",
    text: "no such series",
  });
  const memory = { total: 2 * GIB, available: GIB };
  expect(of({ memory }, "memory")?.status).toBe("missing");
  expect(of({ temporary: `/${"x".repeat(90)}` }, "sockets")?.status).toBe("missing");
});
