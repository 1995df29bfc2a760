// SPDX-License-Identifier: MIT
//
// What apt is asked, with which settings, and what is made of its answers. Programs of its names answer in its place.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cache } from "../cache/cache.ts";
import { runTask, type Task } from "../work/task.ts";
import { Archive, aptState, hostArchitecture, parseUris } from "./apt.ts";
import { debPath, obtain, referDownload } from "./downloads.ts";
import type { PinGroup } from "./pins.ts";

let root: string;
let cache: Cache;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "apt-played-"));
  cache = new Cache(join(root, "cache"));
  mkdirSync(cache.root);
  answers("");
  vi.stubEnv("PATH", `${root}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** From now on apt runs this, and what it was called with is written down. */
function answers(script: string): void {
  for (const name of ["apt-get", "apt-cache"]) {
    const path = join(root, name);
    const note = `echo "${name} $*" >> ${root}/asked; cp "$APT_CONFIG" ${root}/conf; pwd > ${root}/where`;
    writeFileSync(path, `#!/bin/sh\n${note}\n${script}\n`);
    chmodSync(path, 0o755);
  }
}

const asked = () => readFileSync(join(root, "asked"), "utf8").trimEnd().split("\n");
const where = () => readFileSync(join(root, "where"), "utf8").trim();

function inTask<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
  const environment = { signal: new AbortController().signal, progress: () => {} };
  return runTask(environment, { id: "apt", title: "Apt" }, undefined, work);
}

const hash = (digit: string) => digit.repeat(64);
const uri = (file: string, digit: string) =>
  `'http://deb.example/pool/${file}' ${file} 100 SHA256:${hash(digit)}`;

describe("packages", () => {
  test("are pinned by file and hash, with all that they need, in one order", async () => {
    answers(`cat << END
Reading package lists...
${uri("kmod_34_arm64.deb", "c")}
${uri("busybox_1.37-6+b2_arm64.deb", "a")}
${uri("zlib1g_1%3a1.3_arm64.deb", "b")}
END`);
    const archive = new Archive(cache);
    const pin = await inTask((task) => archive.pinPackages(task, ["busybox", "zlib1g"], true));
    expect(pin).toEqual([
      {
        name: "busybox",
        version: "1.37-6+b2",
        fileName: "busybox_1.37-6+b2_arm64.deb",
        sha256: hash("a"),
      },
      { name: "kmod", version: "34", fileName: "kmod_34_arm64.deb", sha256: hash("c") },
      { name: "zlib1g", version: "1:1.3", fileName: "zlib1g_1%3a1.3_arm64.deb", sha256: hash("b") },
    ]);
    await inTask((task) => archive.pinPackages(task, ["busybox"], false, "trixie-backports"));
    expect(asked()).toEqual([
      "apt-get --print-uris --target-release trixie install --yes busybox zlib1g",
      "apt-get --print-uris --target-release trixie-backports download busybox",
    ]);
  });

  test("that apt names no file for are an error, and so is a file of another name", async () => {
    const archive = new Archive(cache);
    const pinned = () => inTask((task) => archive.pinPackages(task, ["busybox", "kmod"], true));
    await expect(pinned()).rejects.toThrow("apt names no file for busybox, kmod");
    answers(`echo "${uri("busybox.deb", "a")}"`);
    await expect(pinned()).rejects.toThrow("expected a file name_version_architecture.deb");
  });

  test("are downloaded at the versions that were pinned, into their directory", async () => {
    const pin = { fileName: "x", sha256: "y" };
    const packages = [
      { name: "busybox", version: "1.37-6+b2", ...pin },
      { name: "zlib1g", version: "1:1.3", ...pin },
    ];
    const into = join(root, "into/deep");
    await inTask((task) => new Archive(cache).download(task, packages, into));
    expect(asked()).toEqual(["apt-get --quiet download busybox=1.37-6+b2 zlib1g=1:1.3"]);
    expect(where()).toBe(into);
  });

  test("have names that can be asked for", async () => {
    answers("printf 'linux-source-7.3\\n\\nlinux-source-6.12\\n'");
    const names = await inTask((task) => new Archive(cache).packageNames(task, "linux-source-"));
    expect(names).toEqual(["linux-source-7.3", "linux-source-6.12"]);
    expect(asked()).toEqual(["apt-cache pkgnames linux-source-"]);
  });
});

describe("a source package", () => {
  const files = `cat << END
${uri("qemu_10.0.dsc", "a")}
${uri("qemu_10.0.tar.xz", "b")}
END`;

  test("is that of a binary one, which may have been built again since", async () => {
    answers(files);
    const archive = new Archive(cache, hostArchitecture);
    const source = await inTask((task) => archive.pinSource(task, "qemu", "1:10.0+ds-2+b12"));
    expect(source).toEqual({
      ...{ name: "qemu", version: "1:10.0+ds-2" },
      files: [
        { fileName: "qemu_10.0.dsc", sha256: hash("a") },
        { fileName: "qemu_10.0.tar.xz", sha256: hash("b") },
      ],
    });
    const into = join(root, "source");
    await inTask((task) => archive.downloadSource(task, source, into));
    const command = "--only-source --download-only source qemu=1:10.0+ds-2";
    expect(asked()).toEqual([`apt-get --print-uris ${command}`, `apt-get --quiet ${command}`]);
    expect(where()).toBe(into);
  });

  test("without a description is an error", async () => {
    answers(`echo "${uri("qemu_10.0.tar.xz", "b")}"`);
    const pinned = inTask((task) => new Archive(cache).pinSource(task, "qemu", "10.0"));
    await expect(pinned).rejects.toThrow("apt names no .dsc file for source package qemu 10.0");
  });
});

describe("the indexes", () => {
  test("are fetched once; where that fails, the next one tries again", async () => {
    const archive = new Archive(cache);
    const update = () => inTask((task) => archive.update(task));
    answers("exit 100");
    await expect(update()).rejects.toThrow("apt-get ended with status 100");
    answers("");
    await Promise.all([update(), update()]);
    await update();
    expect(asked()).toEqual(Array(2).fill("apt-get --quiet --error-on=any update"));
  });

  test("that name files which the mirror does not have are told as that", async () => {
    answers(
      `echo "Err:1 http://deb.example trixie-backports/main amd64 qemu 11.1"; echo "  404  Not Found [IP: 1.2.3.4 80]"; exit 100`,
    );
    const archive = new Archive(cache);
    await expect(inTask((task) => archive.update(task))).rejects.toThrow(
      "names files in its index that it does not have",
    );
  });
});

test("apt has a state of its own: one architecture, the archive's key, and nothing of the machine's", async () => {
  const settings = async (architecture: "arm64" | "amd64") => {
    await inTask((task) => new Archive(cache, architecture).update(task));
    const state = join(cache.root, "trees", aptState(architecture));
    const read = (name: string) => readFileSync(join(state, name), "utf8");
    expect(readFileSync(join(root, "conf"), "utf8")).toBe(read("apt.conf"));
    expect(read("status")).toBe("");
    return { state, conf: read("apt.conf"), sources: read("sources.list").trimEnd().split("\n") };
  };
  const other = hostArchitecture === "arm64" ? "amd64" : "arm64";
  const { state, conf, sources } = await settings(other);
  for (const line of [
    `APT::Architecture "${other}";`,
    `APT::Architectures "${other}";`,
    'APT::Install-Recommends "false";',
    'Acquire::ForceHash "SHA256";',
    `Dir::Etc::SourceList "${state}/sources.list";`,
    'Dir::Etc::SourceParts "-";',
    `Dir::State "${state}";`,
    `Dir::State::status "${state}/status";`,
  ]) {
    expect(conf.split("\n")).toContain(line);
  }
  const key = "\\[signed-by=/usr/share/keyrings/debian-archive-keyring\\.gpg\\]";
  expect(sources).toEqual([
    expect.stringMatching(new RegExp(`^deb ${key} http\\S+ trixie main$`)),
    expect.stringMatching(new RegExp(`^deb ${key} http\\S+ trixie-backports main$`)),
  ]);
  // Whatever is asked, it is asked of that state.
  rmSync(join(root, "conf"));
  await inTask((task) => new Archive(cache, other).packageNames(task, "linux"));
  expect(readFileSync(join(root, "conf"), "utf8")).toBe(conf);
  // Sources are wanted of what runs on this machine.
  const own = await settings(hostArchitecture);
  expect(own.sources.map((line) => line.split(" ")[0])).toEqual([
    ...["deb", "deb-src", "deb", "deb-src"],
  ]);
});

test("only lines with a SHA-256 name files", () => {
  expect(
    parseUris(`'http://x/a' a_1_all.deb 10 MD5Sum:0123\n${uri("b_1_all.deb", "b")}\nDone\n`),
  ).toEqual([{ fileName: "b_1_all.deb", sha256: hash("b") }]);
});

describe("files of a group", () => {
  /** A group whose newest version counts up with each question. */
  function group(more: Partial<PinGroup<string>> = {}) {
    let newest = 0;
    const found: PinGroup<string> = {
      ...{ name: "thing", question: ["thing"] },
      schema: { safeParse: (data: unknown) => ({ success: true, data }) } as never,
      resolve: async () => `version ${++newest}`,
      ...more,
    };
    return found;
  }
  const fetched: string[] = [];
  beforeEach(() => {
    fetched.length = 0;
  });

  function get(of: PinGroup<string>, gone: readonly string[] = []) {
    return inTask((task) =>
      obtain(cache, new Archive(cache), of, task, async (pin, directory) => {
        fetched.push(pin);
        if (gone.includes(pin)) throw new Error(`no ${pin}`);
        writeFileSync(join(directory, "file"), pin);
      }),
    );
  }

  test("are looked up once, kept, and then asked for no more", async () => {
    const one = group();
    const first = await get(one);
    expect(first.pin).toBe("version 1");
    expect(readFileSync(join(first.directory, "file"), "utf8")).toBe("version 1");
    expect(await get(one)).toEqual(first);
    expect(fetched).toEqual(["version 1"]);
    expect(asked()).toHaveLength(1);
  });

  test("that the archive has dropped are followed by the newest", async () => {
    const one = group();
    const { directory } = await get(one);
    rmSync(directory, { recursive: true });
    const second = await get(one, ["version 1"]);
    expect(second.pin).toBe("version 2");
    expect(second.directory).not.toBe(directory);
    expect(fetched).toEqual(["version 1", "version 1", "version 2"]);
  });

  test("are needed by who has what was made of them, at the version that it was", async () => {
    const one = group();
    const { directory } = await get(one);
    const looking = new Cache(cache.root);
    for (const pin of ["version 1", "version 2"]) referDownload(looking, one, pin);
    referDownload(looking, group({ name: "other" }), "version 1");
    expect(looking.referred.size).toBe(3);
    expect([...looking.referred][0]).toBe(`downloads/${basename(directory)}`);
    const pinned = { ...{ name: "a", version: "1" }, fileName: "a.deb", sha256: "0" };
    expect(debPath(directory, pinned)).toBe(join(directory, "a.deb"));
  });

  test("are not looked up anew by who was interrupted", async () => {
    const one = group();
    const { directory } = await get(one);
    rmSync(directory, { recursive: true });
    const stop = new AbortController();
    const environment = { signal: stop.signal, progress: () => {} };
    const getting = runTask(environment, { id: "apt", title: "Apt" }, undefined, (task) =>
      obtain(cache, new Archive(cache), one, task, async () => {
        stop.abort(new Error("interrupted"));
        throw new Error("no version 1");
      }),
    );
    await expect(getting).rejects.toThrow("interrupted");
    expect((await get(one)).pin).toBe("version 1");
  });

  test("whose record is too old are looked up anew; where the archive does not answer, the old ones do", async () => {
    const old = group({ maxAgeMs: -1 });
    await get(old);
    expect((await get(old)).pin).toBe("version 2");
    answers("exit 100");
    expect((await get(old)).pin).toBe("version 2");
    // One that has never been asked for has nothing to go on with.
    await expect(get(group({ question: ["other"] }))).rejects.toThrow("status 100");
  });
});
