// SPDX-License-Identifier: MIT
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readIfThere } from "../work/files.ts";

/** Where a tree has modules that a guest may want, from the nearest to the project on. */
const homes = ["drivers", "net", "fs", "lib", "crypto", "block", "sound", "kernel", "mm"];

export interface ModuleSymbol {
  readonly symbol: string;
  /** Where that stands, from the top of the tree. */
  readonly makefile: string;
}

/**
 * The configuration symbol for which a tree builds a module (`obj-$(CONFIG_X) += name.o`, Documentation/kbuild/makefiles.rst); undefined
 * where no Makefile says so, or the tree has gone. Takes a while: for messages.
 */
export async function moduleSymbol(
  source: string,
  module: string,
): Promise<ModuleSymbol | undefined> {
  const name = module.replaceAll(/[-_]/g, "[-_]");
  const rule = new RegExp(
    `^obj-\\$\\((CONFIG_\\w+)\\)\\s*[:+]?=(?:[^\\n\\\\]|\\\\\\n)*?(?<![\\w-])${name}\\.o\\b`,
    "m",
  );
  for (const home of homes) {
    const files = await readdir(join(source, home), { recursive: true }).catch(() => []);
    for (const file of files.filter((path) => /(?:^|\/)(?:Makefile|Kbuild)$/.test(path)).sort()) {
      const symbol = rule.exec((await readIfThere(join(source, home, file))) ?? "")?.[1];
      if (symbol !== undefined) return { symbol, makefile: join(home, file) };
    }
  }
  return undefined;
}
