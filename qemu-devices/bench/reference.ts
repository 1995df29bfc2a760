// SPDX-License-Identifier: MIT
/** The yardstick: one thread's memcpy over the same pages that the engine copies. */
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { before } from "../../orchestrator/lab/deadline.ts";
import type { Machine } from "../tests/harness/machine.ts";

const copyDeadlineMs = 30_000;

/** A range of guest RAM, as offsets into it; the same in both VMs. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

export class MemcpyReference {
  readonly #stop = new AbortController();
  readonly #program;
  readonly #answers: AsyncIterator<string>;
  readonly #size: number;

  private constructor(program: string, endpoint: string, host: string, { offset, size }: Range) {
    this.#program = execa(program, [endpoint, host, `${offset}`, `${size}`], {
      cancelSignal: this.#stop.signal,
      reject: false,
      buffer: false,
    });
    this.#answers = createInterface({ input: this.#program.stdout })[Symbol.asyncIterator]();
    this.#size = size;
  }

  /** Compiles the program into `directory` and points it at both machines' RAM. */
  static async start(endpoint: Machine, host: Machine, range: Range, directory: string) {
    const program = join(directory, "memcpy-reference");
    const source = join(import.meta.dirname, "memcpy-reference.c");
    await execa("cc", ["-O2", "-o", program, source]);
    return new MemcpyReference(program, await ramFile(endpoint), await ramFile(host), range);
  }

  /** Bytes a second, copied in blocks of `block` bytes. */
  async rate(block: number): Promise<number> {
    this.#program.stdin.write(`${block}\n`);
    const what = `memcpy of ${this.#size} bytes in blocks of ${block}`;
    const { value, done } = await before({ ms: copyDeadlineMs, what }, this.#answers.next());
    if (done) throw new Error(`${what}: the reference program ended without an answer`);
    return (this.#size * 1e9) / Number(value);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#program;
  }
}

/** The memory of a VM as a file: the descriptor that QEMU holds. */
async function ramFile(machine: Machine): Promise<string> {
  const directory = `/proc/${machine.process.pid}/fd`;
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    if ((await readlink(file)).startsWith("/memfd:memory-backend-memfd")) return file;
  }
  throw new Error(`expected a memory-backend-memfd among the files of the ${machine.process.name}`);
}
