// SPDX-License-Identifier: MIT
//
// A kernel's source tree of a few files, whose makefile does with make itself what the kernel's does: settings, an image,
// modules, others' modules (M=), tests. What make was called for is written down.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Cache } from "../../cache/cache.ts";
import type { KernelTree } from "../../trees/kernel-source.ts";
import type { ProvisionEvent } from "../../work/events.ts";
import { runTask, type Task } from "../../work/task.ts";
import type { Compilers } from "../compilers.ts";
import type { Fragment } from "../fragments.ts";
import type { KernelInputs } from "../kernel-build.ts";

const makefile = `VERSION = 7
note = @echo "$(1)" >> $(CURDIR)/../calls
release := 7.3.4

ifneq ($(M),)
modules:
	$(call note,modules of $(notdir $(M)) edma=$(CONFIG_NTB_TRANSPORT_EDMA)$(NTB_TRANSPORT_HELD:y= held))
	@test -e $(O)/Module.symvers
	@for name in $$(sed -n 's,^obj-m += \\(.*\\)/$$,\\1,p' $(M)/Kbuild); do \\
	  if grep -q BROKEN $(M)/$$name/*.c; then echo "$(M)/$$name/main.c:3:1: error: no such thing"; exit 1; fi; \\
	  cat $(M)/$$name/main.c > $(M)/$$name/$$name.ko; \\
	  echo "edma=$(CONFIG_NTB_TRANSPORT_EDMA)$(NTB_TRANSPORT_HELD:y= held)" >> $(M)/$$name/$$name.ko; done
else
allnoconfig:
	$(call note,allnoconfig $(notdir $(KCONFIG_ALLCONFIG)))
	@mkdir -p $(O)/include/config
	@sed -n 's/^config /CONFIG_/p' Kconfig > $(O)/known
	@grep -w -F -f $(O)/known $(KCONFIG_ALLCONFIG) > $(O)/.config || true
	@printf 'deps_config := \\\\\\n\\tKconfig \\\\\\n' > $(O)/include/config/auto.conf.cmd
	@touch $(O)/include/config/auto.conf
Image:
	$(call note,Image $(KCFLAGS))
	@mkdir -p $(O)/arch/arm64/boot
	@cat main.c $(O)/.config > $(O)/arch/arm64/boot/Image
bzImage:
	@mkdir -p $(O)/arch/x86/boot
	@cat main.c $(O)/.config > $(O)/arch/x86/boot/bzImage
vmlinux:
	@ln -sfn $(CURDIR) $(O)/source
	@mkdir -p $(O)/scripts $(O)/arch/arm64/include
	@cat main.c > $(O)/vmlinux
	@echo $(release) > $(O)/include/config/kernel.release
modules:
	@mkdir -p $(O)/drivers
	@cp driver.c $(O)/drivers/thing.ko
	@echo drivers/thing.o > $(O)/modules.order
	@echo symbols > $(O)/Module.symvers
scripts_gdb:
	$(call note,scripts_gdb)
	@mkdir -p $(O)/scripts/gdb
	@touch $(O)/vmlinux-gdb.py
modules_install:
	@mkdir -p $(INSTALL_MOD_PATH)/lib/modules/$(release)
	@cp $(O)/drivers/thing.ko $(O)/modules.order $(INSTALL_MOD_PATH)/lib/modules/$(release)
	@echo drivers/built_in.ko > $(INSTALL_MOD_PATH)/lib/modules/$(release)/modules.builtin
	@ln -s $(O) $(INSTALL_MOD_PATH)/lib/modules/$(release)/build
kselftest-all:
	$(call note,kselftest-all $(TARGETS) $(CROSS_COMPILE) llvm=$(LLVM))
	@mkdir -p $(O)/kselftest/pci_endpoint
	@echo program > $(O)/kselftest/pci_endpoint/pci_endpoint_test
endif
`;

/** A machine with such a tree, a cache, and programs that stand for a compiler's. */
export class PlayedLinux {
  readonly root: string;
  readonly cache: Cache;
  readonly directory: string;
  /** What tasks said. */
  readonly said: string[] = [];
  /** What tasks waited for. */
  readonly waited: string[] = [];

  constructor(root: string) {
    this.root = root;
    this.cache = new Cache(join(root, "cache"));
    this.directory = join(root, "linux");
    this.write("linux/Makefile", makefile);
    this.write("linux/Kconfig", "config A\nconfig B\nconfig GDB_SCRIPTS\nconfig DEBUG_INFO_NONE\n");
    this.write("linux/main.c", "main\n");
    this.write("linux/driver.c", "driver\n");
    this.program("bin/gnu-strip", '[ "$1" = --strip-debug ] && echo stripped >> "$2"');
  }

  write(path: string, text: string): void {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  program(path: string, script: string): void {
    this.write(path, `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.root, path), 0o755);
  }

  source(more: Partial<KernelTree> = {}): KernelTree {
    const { directory } = this;
    return { directory, origin: "played", fixed: ["played"], strict: true, ...more };
  }

  get compilers(): Compilers {
    const crossPrefix = join(this.root, "bin/gnu-");
    return {
      ...{ host: "host gcc 1", kernel: "gcc 1", compiler: `${crossPrefix}gcc`, crossPrefix },
      architecture: "arm64",
      ...{ llvm: undefined, launcher: undefined },
    };
  }

  /** A kernel of this tree with these settings. */
  inputs(text = "CONFIG_A=y\n", more: Partial<KernelInputs> = {}): KernelInputs {
    const fragments = [fragment("base.config", text)];
    return { source: this.source(), fragments, compilers: this.compilers, ...more };
  }

  task<Value>(work: (task: Task) => Promise<Value>): Promise<Value> {
    const environment = {
      signal: new AbortController().signal,
      progress: (event: ProvisionEvent) => {
        if (event.type === "task-output") this.said.push(event.line);
        if (event.type === "task-waiting") this.waited.push(event.reason);
      },
    };
    return runTask(environment, { id: "played", title: "Played" }, undefined, work);
  }

  /** What make was called for since the last look. */
  calls(): string[] {
    const file = join(this.root, "calls");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    rmSync(file);
    return lines;
  }
}

export function fragment(name: string, text: string, more: Partial<Fragment> = {}): Fragment {
  return { name, text, given: false, extra: false, ...more };
}
