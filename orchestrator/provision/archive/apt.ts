// SPDX-License-Identifier: MIT
//
// Debian's archive through apt with states of our own: no root, nothing of the machine's package database touched. There
// is one for the guests' architecture and one for the host's. apt checks the signed index and each file's hash.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Cache } from "../cache/cache.ts";
import { replaceFile } from "../work/files.ts";
import type { Task } from "../work/task.ts";
import { chooseMirror, readMachineSources } from "./apt-sources.ts";
import { missingFiles } from "./missing-files.ts";

/** The release everything comes from; the kernel's source is in its backports. */
const SUITES: readonly Suite[] = ["trixie", "trixie-backports"];
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Architectures of Debian that something here runs on. */
export type Architecture = "arm64" | "amd64";

/** What this machine's own programs are of. */
export const hostArchitecture: Architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** Name of an architecture's state among the cache's trees. */
export function aptState(architecture: Architecture): string {
  return `apt-${architecture}`;
}

/** The release, or what was added to it later. */
export type Suite = "trixie" | "trixie-backports";

/** A file of the archive as the signed index describes it. These are types, not interfaces, so that they can be fingerprinted. */
export type ArchiveFile = {
  readonly fileName: string;
  readonly sha256: string;
};

/** A binary package at one version, as `apt-get download` takes it. */
export type PinnedPackage = ArchiveFile & {
  readonly name: string;
  readonly version: string;
};

/** A source package at one version. */
export type PinnedSource = {
  readonly name: string;
  readonly version: string;
  readonly files: readonly ArchiveFile[];
};

/** apt-get on the private state. Calls from several tasks and runs go one after another. */
export class Archive {
  readonly #cache: Cache;
  readonly #architecture: Architecture;
  #updated: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  /** Of packages for `architecture`; those for all of them are in each. */
  constructor(cache: Cache, architecture: Architecture = "arm64") {
    this.#cache = cache;
    this.#architecture = architecture;
  }

  /** Fetches the signed indexes, once in this process. */
  update(task: Task): Promise<void> {
    this.#updated ??= this.#fetchIndexes(task).catch((error: unknown) => {
      this.#updated = undefined;
      throw error;
    });
    return this.#updated;
  }

  /** Names of all packages that begin with `prefix`. */
  async packageNames(task: Task, prefix: string): Promise<string[]> {
    const output = await this.#query(task, "apt-cache", ["pkgnames", prefix]);
    return lines(output);
  }

  /** The versions of `names` that would be fetched now; `withDependencies` adds all they need on an empty system. */
  async pinPackages(
    task: Task,
    names: readonly string[],
    withDependencies: boolean,
    suite: Suite = "trixie",
  ): Promise<PinnedPackage[]> {
    const command = [
      ...["--target-release", suite],
      ...(withDependencies ? ["install", "--yes"] : ["download"]),
    ];
    const output = await this.#query(task, "apt-get", ["--print-uris", ...command, ...names]);
    const packages = parseUris(output).map(toPackage);
    if (packages.length === 0) throw new Error(`apt names no file for ${names.join(", ")}`);
    return packages.sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  }

  /** The source package `name` at `version`, as a binary package that was built from it has it. */
  async pinSource(task: Task, name: string, version: string): Promise<PinnedSource> {
    // Rebuilt without a change of the source a package is +b1.
    const source = { name, version: version.replace(/\+b\d+$/, "") };
    const args = ["--print-uris", ...sourceArguments(source)];
    const files = parseUris(await this.#query(task, "apt-get", args));
    if (!files.some(({ fileName }) => fileName.endsWith(".dsc"))) {
      throw new Error(`apt names no .dsc file for source package ${name} ${source.version}`);
    }
    return { ...source, files };
  }

  /** Downloads packages into `directory`, checked against the signed index. */
  async download(task: Task, packages: readonly PinnedPackage[], directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    const wanted = packages.map(({ name, version }) => `${name}=${version}`);
    await this.#apt(task, "apt-get", ["--quiet", "download", ...wanted], directory);
  }

  /** Downloads a source package into `directory`, checked against the signed index. */
  async downloadSource(task: Task, source: PinnedSource, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    await this.#apt(task, "apt-get", ["--quiet", ...sourceArguments(source)], directory);
  }

  async #fetchIndexes(task: Task): Promise<void> {
    await this.#apt(task, "apt-get", ["--quiet", "--error-on=any", "update"], this.#cache.root);
  }

  #apt(task: Task, program: string, args: readonly string[], cwd: string): Promise<void> {
    return this.#withState(task, async (configuration) => {
      const output: string[] = [];
      const onLine = (line: string) => output.push(line);
      try {
        await task.run(program, args, { cwd, env: { APT_CONFIG: configuration }, onLine });
      } catch (cause) {
        const missing = missingFiles(output);
        if (missing === undefined) throw cause;
        throw new Error(missing, { cause });
      }
    });
  }

  #query(task: Task, program: string, args: readonly string[]): Promise<string> {
    return this.#withState(task, (configuration) =>
      task.query(program, args, { env: { APT_CONFIG: configuration } }),
    );
  }

  /** One at a time in this process; the lock on the state is for other runs. */
  #withState<T>(task: Task, body: (configuration: string) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() =>
      this.#cache.withTree(aptState(this.#architecture), task, async (state) =>
        body(await this.#configure(state)),
      ),
    );
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async #configure(state: string): Promise<string> {
    const lists = join(state, "lists");
    await mkdir(join(lists, "partial"), { recursive: true });
    await mkdir(join(state, "cache/archives/partial"), { recursive: true });
    const mirror = chooseMirror(await readMachineSources());
    const signedBy = `[signed-by=${KEYRING}]`;
    // Only QEMU's source is wanted, by whoever takes the host's packages.
    const types = this.#architecture === hostArchitecture ? ["deb", "deb-src"] : ["deb"];
    const sources = SUITES.flatMap((suite) =>
      types.map((type) => `${type} ${signedBy} ${mirror} ${suite} main`),
    );
    const settings = {
      "APT::Architecture": this.#architecture,
      "APT::Architectures": this.#architecture,
      "APT::Install-Recommends": "false",
      // Without this apt, started by root, hands downloads to a user who cannot reach the cache.
      "APT::Sandbox::User": "root",
      // For every command that names files: otherwise some print MD5.
      "Acquire::ForceHash": "SHA256",
      "Acquire::Languages": "none",
      "Acquire::Retries": "3",
      "Dir::Etc::SourceList": join(state, "sources.list"),
      "Dir::Etc::SourceParts": "-",
      "Dir::Etc::Preferences": "-",
      "Dir::Etc::PreferencesParts": "-",
      "Dir::State": state,
      "Dir::State::Lists": lists,
      "Dir::State::status": join(state, "status"),
      "Dir::Cache": join(state, "cache"),
    };
    const configuration = Object.entries(settings).map(([key, value]) => `${key} "${value}";`);
    await replaceFile(join(state, "sources.list"), `${sources.join("\n")}\n`);
    await replaceFile(join(state, "status"), "");
    await replaceFile(join(state, "apt.conf"), `${configuration.join("\n")}\n`);
    return join(state, "apt.conf");
  }
}

function sourceArguments({ name, version }: Pick<PinnedSource, "name" | "version">): string[] {
  return ["--only-source", "--download-only", "source", `${name}=${version}`];
}

/** Lines of apt's `--print-uris`: 'URI' file-name size hash. */
export function parseUris(output: string): ArchiveFile[] {
  const named = output.matchAll(/^'[^']+' (\S+) \d+ SHA256:([0-9a-f]{64})$/gm);
  return [...named].map(([, fileName = "", sha256 = ""]) => ({ fileName, sha256 }));
}

/** A package's file is called name_version_architecture.deb, with the version's epoch colon written %3a. */
function toPackage(file: ArchiveFile): PinnedPackage {
  const [name = "", version] = file.fileName.split("_");
  if (version === undefined) {
    throw new Error(`expected a file name_version_architecture.deb, got ${file.fileName}`);
  }
  return { ...file, name, version: decodeURIComponent(version) };
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
