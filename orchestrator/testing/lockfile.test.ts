// SPDX-License-Identifier: MIT
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

// A registry mirror that lacks some platform's package makes `npm install` drop it from the lock file,
// and `npm ci` then refuses the lock file on every machine.
test("package-lock.json has every optional package that its packages name", async () => {
  const path = join(resolve(import.meta.dirname, "../.."), "package-lock.json");
  const { packages } = lockfile.parse(JSON.parse(await readFile(path, "utf8")));
  const named = Object.values(packages).flatMap((one) =>
    Object.keys(one.optionalDependencies ?? {}),
  );
  const missing = named.filter((name) => !(`node_modules/${name}` in packages));
  expect(missing).toEqual([]);
});
