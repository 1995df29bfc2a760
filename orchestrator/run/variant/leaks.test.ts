// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Guests } from "../../artifacts.ts";
import { UsageError } from "../../errors.ts";
import { ComplaintError } from "../../lab/errors.ts";
import type { RunningLab } from "../../lab/lab.ts";
import { knownBy } from "../../scenario/known-noise.ts";
import { type Role, roles } from "../../scenario/topology/graph.ts";
import { topologySchema } from "../../scenario/topology/topology.ts";
import { findLeaks, leakHunters } from "./leaks.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "leaks-test-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Guests of whose kernels nothing is known but the configuration: that of the host, or of both. */
function guests(host: string, endpoint = host): Guests {
  const of = (name: string, text: string) => {
    const config = join(directory, name);
    writeFileSync(config, text);
    return { kernel: { config } };
  };
  return { host: of("h", host), endpoint: of("e", endpoint) } as unknown as Guests;
}

const pair = topologySchema.parse({});
const kmemleak = "CONFIG_DEBUG_KMEMLEAK=y\n";

test("guests whose kernels can find leaks are searched, unless leaks are known noise there", async () => {
  expect(await leakHunters(pair, guests(kmemleak, ""), knownBy([]))).toEqual(["host"]);
  const noise = [{ pattern: "kmemleak", reason: "reported", on: "host" as const }];
  expect(await leakHunters(pair, guests(kmemleak), knownBy(noise))).toEqual(["endpoint"]);
});

test("a configuration that cannot be read is not one without kmemleak", async () => {
  const unread = guests(kmemleak);
  rmSync(unread.host.kernel.config);
  await expect(leakHunters(pair, unread, knownBy([]))).rejects.toThrow("ENOENT");
});

describe("the search", () => {
  // As Linux 7.3 writes it.
  const report = `unreferenced object 0xffff00000a1b2c00 (size 1024):
  comm "modprobe", pid 312, jiffies 4294895123
  hex dump (first 32 bytes):
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
  backtrace (crc 0):
    kmemleak_alloc+0x30/0x40
    __kmalloc_cache_noprof+0x2c4/0x398
    ntb_transport_probe+0x9c/0x600 [ntb_transport]
    ntb_probe+0x34/0x58 [ntb]
unreferenced object 0xffff00000a1b3000 (size 128):
  comm "modprobe", pid 312, jiffies 4294895124
`;
  const limit = { ms: 1000, signal: new AbortController().signal };

  /** Two guests by what a search prints there; one whose power was cut has no SSH to be had. */
  function lab(prints: Readonly<Record<Role, string | undefined>>) {
    const searched: Role[] = [];
    const asked: unknown[] = [];
    const vm = (role: Role) => ({
      get ssh() {
        const stdout = prints[role];
        if (stdout === undefined) throw new UsageError(`the ${role} VM has no power`);
        const check = async (_script: string, options: unknown) => {
          searched.push(role);
          asked.push(options);
          return { stdout };
        };
        return { check };
      },
    });
    const consoles = { host: { file: "host.log" }, endpoint: { file: "endpoint.log" } };
    const both = { vm, consoles };
    return { lab: both as unknown as RunningLab, searched, asked };
  }

  test("ends the run with the leak, whoever has it, and with who allocated it", async () => {
    const { lab: leaking } = lab({ host: "\n", endpoint: report });
    const found = findLeaks(leaking, roles, limit);
    await expect(found).rejects.toBeInstanceOf(ComplaintError);
    await expect(found).rejects.toMatchObject({
      exitStatus: 1,
      message: "endpoint VM: kmemleak: 2 unreferenced objects, the first from ntb_transport_probe",
      excerpts: [{ title: expect.stringContaining("endpoint VM"), file: "endpoint.log" }],
      complaint: { role: "endpoint", kind: "kmemleak", lines: report.trimEnd().split("\n") },
    });
  });

  test("tells of a leak whose stack is not known without a name", async () => {
    const { lab: leaking } = lab({ host: report.split("\n")[0], endpoint: "" });
    await expect(findLeaks(leaking, roles, limit)).rejects.toThrow(
      /^host VM: kmemleak: 1 unreferenced objects$/,
    );
  });

  test("is content with nothing found, and looks at nobody else", async () => {
    const { lab: clean, searched, asked } = lab({ host: " \n", endpoint: report });
    await findLeaks(clean, ["host"], limit);
    expect(searched).toEqual(["host"]);
    expect(asked).toEqual([{ ...limit, what: "searching for memory leaks" }]);
  });

  test("leaves out a VM that has no power", async () => {
    const { lab: half, searched } = lab({ host: undefined, endpoint: "" });
    await findLeaks(half, roles, limit);
    expect(searched).toEqual(["endpoint"]);
  });
});
