// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { GuestArtifacts } from "../artifacts.ts";
import { debugFiles, gdbHint, stopTogether } from "./gdb.ts";
import type { QmpClient, QmpEvent } from "./qmp.ts";

const plain = {
  vmlinux: "/k/vmlinux",
  types: false,
  scripts: undefined,
  modules: ["/m", "/build"],
};

test("the line for gdb has symbols and the VM's socket", () => {
  const text = gdbHint("endpoint", "/tmp/lab", plain).join("\n");
  expect(text).toContain("gdb-multiarch /k/vmlinux -ex 'target remote /tmp/lab/endpoint.gdb'");
  expect(text).toContain("add-symbol-file /m/.../NAME.ko");
  expect(text).toContain("--debug-kernel");
});

test("a kernel with scripts for gdb has them loaded, and they find the modules", () => {
  const scripts = "/build/vmlinux-gdb.py";
  const text = gdbHint("host", "/tmp/lab", { ...plain, types: true, scripts }).join("\n");
  expect(text).toContain(
    "/k/vmlinux -ex 'source /build/vmlinux-gdb.py' -ex 'target remote /tmp/lab/host.gdb'",
  );
  expect(text).toContain("lx-symbols /m /build");
  expect(text).not.toContain("--debug-kernel");
  // The VM, the line to paste, what comes next, and the modules.
  expect(text.split("\n")).toHaveLength(4);
});

test("what gdb can make use of: types only where the kernel has them, and modules that are not stripped", () => {
  const directory = mkdtempSync(join(tmpdir(), "gdb-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const config = join(directory, ".config");
  const of = (text: string, gdbScripts?: string) => {
    writeFileSync(config, text);
    return debugFiles({
      ...{ kernel: { config, vmlinux: "/k/vmlinux" }, debugModules: "/own" },
      debug: { gdbScripts, modules: "/k/modules" },
    } as unknown as GuestArtifacts);
  };
  expect(of("CONFIG_X=y\nCONFIG_DEBUG_INFO=y\n", "/k/vmlinux-gdb.py")).toEqual({
    ...{ vmlinux: "/k/vmlinux", types: true, scripts: "/k/vmlinux-gdb.py" },
    modules: ["/own", "/k/modules"],
  });
  expect(of("# CONFIG_DEBUG_INFO is not set\n").types).toBe(false);
});

test("the other VM stands still while gdb has one stopped, and only then", () => {
  const asked: string[] = [];
  let tell = (_event: QmpEvent) => {};
  const debugged = {
    onEvent: (listener: typeof tell) => {
      tell = listener;
    },
  };
  const other = {
    execute: async (command: string) => {
      asked.push(command);
      throw new Error("gone"); // as at the end of a run: nobody minds
    },
  };
  stopTogether(debugged as unknown as QmpClient, other as unknown as QmpClient);
  for (const name of ["STOP", "RTC_CHANGE", "RESUME", "SHUTDOWN"]) tell({ name, data: {} });
  expect(asked).toEqual(["stop", "cont"]);
});
