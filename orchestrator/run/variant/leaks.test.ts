// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Guests } from "../../artifacts.ts";
import { knownBy } from "../../scenario/known-noise.ts";
import { leakHunters } from "./leaks.ts";

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

const kmemleak = "CONFIG_DEBUG_KMEMLEAK=y\n";

test("guests whose kernels can find leaks are searched, unless leaks are known noise there", async () => {
  expect(await leakHunters(guests(kmemleak, ""), knownBy([]))).toEqual(["host"]);
  const noise = [{ pattern: "kmemleak", reason: "reported", on: "host" as const }];
  expect(await leakHunters(guests(kmemleak), knownBy(noise))).toEqual(["endpoint"]);
});

test("a configuration that cannot be read is not one without kmemleak", async () => {
  const unread = guests(kmemleak);
  rmSync(unread.host.kernel.config);
  await expect(leakHunters(unread, knownBy([]))).rejects.toThrow("ENOENT");
});
