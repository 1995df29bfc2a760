// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { moduleSymbol } from "./module-symbol.ts";

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "module-symbol-test-"));
  mkdirSync(join(tree, "drivers/ntb/hw"), { recursive: true });
  writeFileSync(
    join(tree, "drivers/ntb/Makefile"),
    `obj-$(CONFIG_NTB) += ntb.o hw/
obj-$(CONFIG_NTB_TRANSPORT)	+= ntb_transport_core.o \\
	ntb-transport.o
ntb_tool-y := a.o
obj-y += always.o
`,
  );
});
afterEach(() => rmSync(tree, { recursive: true }));

test("is what the tree's Makefiles build a module for", async () => {
  const makefile = "drivers/ntb/Makefile";
  expect(await moduleSymbol(tree, "ntb")).toEqual({ symbol: "CONFIG_NTB", makefile });
  const transport = { symbol: "CONFIG_NTB_TRANSPORT", makefile };
  expect(await moduleSymbol(tree, "ntb_transport")).toEqual(transport);
  expect(await moduleSymbol(tree, "ntb_transport_core")).toEqual(transport);
});

test("is none for what is no module, or where the tree has gone", async () => {
  for (const name of ["ntb_tool", "transport", "always", "a"])
    expect(await moduleSymbol(tree, name)).toBeUndefined();
  expect(await moduleSymbol("/gone", "ntb")).toBeUndefined();
});
