// SPDX-License-Identifier: MIT
//
// Images from packages made for the test, with dpkg-deb and depmod of this machine.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Archive, PinnedPackage } from "../archive/apt.ts";
import { Cache } from "../cache/cache.ts";
import type { Result } from "../cache/product.ts";
import type { Snapshot } from "../cache/snapshot.ts";
import type { BuiltKernel } from "../kernel/kernel.ts";
import { formNames } from "../kernel/modules.ts";
import { runTask, type Task } from "../work/task.ts";
import {
  buildImage,
  buildRootfs,
  fetchGuestPackages,
  findImage,
  findRootfs,
  type ImageInputs,
} from "./image.ts";

let root: string;
let cache: Cache;
/** What was asked of Debian's archive. */
let asked: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "image-test-"));
  cache = new Cache(join(root, "cache"));
  asked = [];
  write("deb/usr/bin/busybox", "\0cat\0ls\0", 0o755);
  write(
    "deb/DEBIAN/control",
    "Package: busybox\nVersion: 1\nArchitecture: arm64\nMaintainer: x <x@x>\nDescription: x\n",
  );
  execFileSync("dpkg-deb", [
    "--root-owner-group",
    "--build",
    join(root, "deb"),
    join(root, "busybox.deb"),
  ]);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

const archive = {
  update: async () => void asked.push("update"),
  pinPackages: async (_task: Task, names: readonly string[]) => {
    asked.push(`versions of ${names.join(", ")}`);
    return [{ name: "busybox", version: "1", fileName: "busybox.deb", sha256: "0" }];
  },
  download: async (_task: Task, pin: readonly PinnedPackage[], directory: string) => {
    asked.push(`files of ${pin.map(({ name }) => name).join(", ")}`);
    copyFileSync(join(root, "busybox.deb"), join(directory, "busybox.deb"));
  },
} as unknown as Archive;

const file = (path: string, text: string) => ({ path, executable: false, data: Buffer.from(text) });
const definition: Snapshot = [
  ...[file("applets", "cat\n"), file("packages", "# small\nbusybox\n")],
  ...[file("programs", "/usr/bin/busybox\n"), file("files/etc/motd", "hello\n")],
];

/** A kernel, modules and tests of their names in the cache, with one file each. */
function inputs(modules = "m1", kernel = "k1"): ImageInputs {
  const result = (kind: string, key: string, path: string): Result => {
    write(`${kind}-${key}/${path}`, `${kind} ${key}\n`);
    return { key, directory: join(root, `${kind}-${key}`) };
  };
  const own = result("kernel", kernel, "lib/modules/7.3.4/kernel/tree.ko").directory;
  const ours = result("modules", modules, "edma_test.ko");
  write(`modules-${modules}/debug/edma_test.ko`, "with debug information\n");
  return {
    ...{ definition, builder: [file("image.ts", "x")], modules: ours },
    kernel: {
      key: kernel,
      modules: own,
      artifacts: { release: "7.3.4", architecture: "arm64" },
    } as BuiltKernel,
    kselftests: result("kselftests", "t1", "ntb/ntb_test.sh"),
  };
}

function inTask<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "image", title: "Image" }, undefined, work);
}

/** As provisioning does: what is in the cache is taken from there. */
async function image(of: ImageInputs): Promise<string> {
  const made = async () => {
    const download = await inTask((task) => fetchGuestPackages(cache, archive, of, task));
    return inTask((task) => buildRootfs(cache, download, of, task));
  };
  const rootfs = (await findRootfs(cache, of)) ?? (await made());
  return inTask((task) => buildImage(cache, rootfs, of, task));
}

/** The text of a member, which lies behind its header of 110 characters and its name, padded to four bytes. */
function member(initrd: string, path: string): string | undefined {
  const text = readFileSync(initrd).toString("latin1");
  const found = new RegExp(`070701[0-9A-Fa-f]{104}${path.replaceAll(".", "\\.")}\0`).exec(text);
  if (found === null) return undefined;
  const size = Number.parseInt(found[0].slice(54, 62), 16);
  const data = found.index + Math.ceil(found[0].length / 4) * 4;
  return text.slice(data, data + size);
}

test("an image has the packages' programs, our files, the tree's modules, ours in updates, and the kernel's tests", async () => {
  const initrd = await image(inputs());
  expect(basename(initrd)).toBe("initrd.cpio");
  expect(member(initrd, "usr/bin/busybox")).toBe("\0cat\0ls\0");
  expect(member(initrd, "etc/motd")).toBe("hello\n");
  const modules = "usr/lib/modules/7.3.4";
  expect(member(initrd, `${modules}/kernel/tree.ko`)).toBe("kernel k1\n");
  expect(member(initrd, `${modules}/updates/edma_test.ko`)).toBe("modules m1\n");
  expect(member(initrd, `${modules}/modules.dep`)).toContain("updates/edma_test.ko:");
  expect(member(initrd, "usr/lib/kselftests/ntb/ntb_test.sh")).toBe("kselftests t1\n");
  // Guests load modules without debug information, and there is no other form of the transport here.
  const text = readFileSync(initrd).toString("latin1");
  expect(text).not.toContain("with debug information");
  expect(text).not.toContain("without-edma");
});

test.each(formNames)("the transport's form %s lies beside the others", async (form) => {
  const of = inputs();
  write(`modules-m1/${form}/ntb_transport.ko`, "plain\n");
  expect(member(await image(of), `usr/lib/modules/7.3.4/${form}/ntb_transport.ko`)).toBe("plain\n");
});

test("it is found by all that went into it, and names what the next one is made from", async () => {
  expect(await findImage(cache, inputs())).toBeUndefined();
  const initrd = await image(inputs());
  expect(await findImage(new Cache(cache.root), inputs())).toBe(initrd);
  const other = [
    ...[inputs("m2"), inputs("m1", "k2"), { ...inputs(), builder: [] }],
    { ...inputs(), definition: [...definition, file("files/etc/more", "")] },
    { ...inputs(), kselftests: { ...inputs().kselftests, key: "t2" } },
  ];
  for (const of of other) expect(await findImage(cache, of)).toBeUndefined();
  const looking = new Cache(cache.root);
  await findImage(looking, inputs("m2"));
  const kinds = [...looking.referred].map((entry) => entry.split("/")[0]);
  expect(kinds).toEqual(expect.arrayContaining(["pins", "downloads", "rootfs"]));
});

test("another module needs no package: what has nothing to do with kernels is made once", async () => {
  await image(inputs());
  expect(asked).toEqual(["update", "versions of busybox", "files of busybox"]);
  rmSync(join(cache.root, "downloads"), { recursive: true });
  const initrd = await image(inputs("m2"));
  expect(member(initrd, "usr/lib/modules/7.3.4/updates/edma_test.ko")).toBe("modules m2\n");
  expect(member(initrd, "etc/motd")).toBe("hello\n");
  expect(asked).toHaveLength(3);
});

test("a definition without its list of packages is an error", async () => {
  const of = { ...inputs(), definition: [] };
  await expect(findImage(cache, of)).rejects.toThrow("guest-images/rootfs has no list 'packages'");
});
