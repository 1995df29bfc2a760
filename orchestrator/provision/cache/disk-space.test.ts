// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "../../errors.ts";
import { requireSpace } from "./disk-space.ts";

test("too little space is a usage error that says how much, where, and what to do", async () => {
  const root = mkdtempSync(join(tmpdir(), "space-test-"));
  try {
    const place = join(root, "cache");
    const error = await requireSpace(place, 2 ** 60).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(place);
    expect(String(error)).toContain("1073741824.0 GiB");
    expect(String(error)).toContain("XDG_CACHE_HOME");
    await requireSpace(place, 1 << 20);
  } finally {
    rmSync(root, { recursive: true });
  }
});
