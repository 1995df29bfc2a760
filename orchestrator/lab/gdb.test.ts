// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { gdbHint } from "./gdb.ts";

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
});
