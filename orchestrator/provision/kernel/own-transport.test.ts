// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KernelFacts } from "../../artifacts.ts";
import { scenarioDirectory } from "../../project.ts";
import type { BuiltKernel } from "./kernel.ts";
import { ownTransport, superseded } from "./own-transport.ts";

describe("the project's transport gives way", () => {
  const kernel = (strict: boolean) =>
    ({ inputs: { source: { strict } } }) as unknown as BuiltKernel;
  const facts = { source: "/linux", features: [], tests: [], decodeScript: undefined };
  const withOwn: KernelFacts = { ...facts, ownTransport: "drivers/ntb/ntb_transport_edma.c" };

  test("to one that the kernel's tree has", () => {
    expect(superseded(kernel(false), withOwn)).toEqual([
      {
        name: "ntb_transport",
        reason: "the kernel's tree has a transport of its own (drivers/ntb/ntb_transport_edma.c)",
      },
    ]);
  });

  test("not to none, and not in the kernel that the project knows", () => {
    expect(superseded(kernel(false), facts)).toEqual([]);
    expect(superseded(kernel(true), withOwn)).toEqual([]);
  });
});

describe("a tree's own transport", () => {
  let tree: string;
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), "own-transport-test-"));
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  function write(name: string, text: string) {
    mkdirSync(join(tree, "drivers/ntb/hw"), { recursive: true });
    writeFileSync(join(tree, "drivers/ntb", name), text);
  }

  test.each([
    ["ntb_transport.c", "module_param(use_remote_edma, bool, 0644);"],
    ["Makefile", "obj-$(CONFIG_NTB_TRANSPORT) += ntb_transport_edma.o"],
    ["Kconfig", "config use_remote_edma"],
    ["hw/edma.h", "struct ntb_transport_edma;"],
    ["hw/queues.c", "int i;\nEXPORT_SYMBOL_GPL(ntb_transport_create_queue);"],
    ["queues.c", "EXPORT_SYMBOL(ntb_transport_create_queue);"],
  ])("is known by what %s says", async (name, text) => {
    write("core.c", "int ntb;");
    write(name, text);
    expect(await ownTransport(tree)).toBe(`drivers/ntb/${name}`);
  });

  test("under other names in other modules is known, as make-own-transport.sh makes one", async () => {
    write("Makefile", "obj-$(CONFIG_NTB_TRANSPORT) += ntb_transport.o\n");
    write("Kconfig", "if NTB\n\nconfig NTB_TRANSPORT\n\ttristate\n\nendif # NTB\n");
    writeFileSync(join(tree, "Makefile"), "VERSION = 7\n");
    const script = join(scenarioDirectory, "repro/make-own-transport.sh");
    const { stdout } = await execa(script, [join(tree, "own"), tree]);
    expect(stdout).toContain(
      "transport.remote-edma=[{ name: ntb_rq_core }, { name: ntb_rq_remote }]",
    );
    await execa("git", ["apply", "--unsafe-paths", "own/series/0001-ntb-rq.patch"], { cwd: tree });
    expect(await ownTransport(tree)).toBe("drivers/ntb/rq/core/qp_api.c");
    expect(readFileSync(join(tree, "drivers/ntb/Makefile"), "utf8")).toContain("+= rq/\n");
  });

  test("is the same on every machine where several files tell of it, and an error where none can be listed", async () => {
    for (const name of ["z.c", "hw/b.c", "b.c"]) write(name, "use_remote_edma");
    expect(await ownTransport(tree)).toBe("drivers/ntb/b.c");
    rmSync(join(tree, "drivers/ntb"), { recursive: true });
    symlinkSync("ntb", join(tree, "drivers/ntb"));
    await expect(ownTransport(tree)).rejects.toThrow("ELOOP");
  });

  test("is no file of another kind, and none where there is no drivers/ntb", async () => {
    expect(await ownTransport(tree)).toBeUndefined();
    write("notes.txt", "use_remote_edma");
    write("ntb_transport.c", "EXPORT_SYMBOL_GPL(ntb_transport_create_queue);");
    write("client.c", "/* uses EXPORT_SYMBOL_GPL(ntb_transport_create_queue); */");
    expect(await ownTransport(tree)).toBeUndefined();
  });
});
