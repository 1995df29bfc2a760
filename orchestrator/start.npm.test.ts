// SPDX-License-Identifier: MIT
//
// The bootstrap with the machine's real npm, under settings of npm's that leave something out: a project of tarballs, for
// which no registry is asked. Its Node.js and its packages are small scripts.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";

const NODE = `node-${process.platform}-${process.arch}`;

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "start-npm-test-"));
  mkdirSync(join(project, "orchestrator"));
  copyFileSync(join(import.meta.dirname, "start.mjs"), join(project, "orchestrator/start.mjs"));
  const machine = { os: [process.platform], cpu: [process.arch] };
  const packages = {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    [NODE]: pack(NODE, { bin: { node: "bin/node" }, ...machine }, 'echo "node ${1##*/} $2"'),
    tool: pack("tool", { scripts: { preinstall: "touch ../script-has-run" } }),
    library: pack("library", { engines: { node: ">=999" } }),
  };
  const optionalDependencies = { [NODE]: file(NODE) };
  const devDependencies = { tool: file("tool") };
  const dependencies = { library: file("library") };
  const root = { name: "p", version: "1.0.0", dependencies, devDependencies, optionalDependencies };
  // As in the project's own: npm 12 wants to be told of every script.
  write("package.json", { ...root, allowScripts: { tool: false } });
  write("package-lock.json", {
    ...{ name: "p", version: "1.0.0", lockfileVersion: 3, requires: true },
    packages: {
      "": root,
      [`node_modules/${NODE}`]: { ...packages[NODE], ...machine, optional: true },
      "node_modules/tool": { ...packages.tool, dev: true, hasInstallScript: true },
      "node_modules/library": { ...packages.library },
    },
  });
});
afterAll(() => rmSync(project, { recursive: true }));

function file(name: string): string {
  return `file:${name}.tgz`;
}

function write(path: string, content: object): void {
  writeFileSync(join(project, path), JSON.stringify(content));
}

/** Makes a package and says what a lock file says of it. */
function pack(name: string, more: object, program = ""): object {
  const home = join(project, "packing/package");
  mkdirSync(join(home, "bin"), { recursive: true });
  write("packing/package/package.json", { name, version: "1.0.0", ...more });
  writeFileSync(join(home, "bin/node"), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  const tarball = join(project, `${name}.tgz`);
  execFileSync("tar", ["-czf", tarball, "-C", join(project, "packing"), "package"]);
  rmSync(join(project, "packing"), { recursive: true });
  const hash = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  return { version: "1.0.0", resolved: file(name), integrity: `sha512-${hash}`, ...more };
}

test.each([
  ["npm_config_ignore_scripts", "true"],
  ["NODE_ENV", "production"],
  ["npm_config_omit", "optional"],
  ["npm_config_bin_links", "false"],
  ["npm_config_engine_strict", "true"],
  ["npm_config_location", "global"],
  ["npm_config_dry_run", "true"],
  ["npm_config_package_lock", "false"],
  ["npm_config_install_strategy", "linked"],
  ["npm_config_strict_allow_scripts", "true"],
])(
  "a first start under %s=%s installs everything, and the second finds it",
  async (name, value) => {
    rmSync(join(project, "node_modules"), { recursive: true, force: true });
    const environment = { npm_config_offline: "true", npm_config_cache: join(project, "cache") };
    const start = () =>
      execa(process.execPath, [join(project, "orchestrator/start.mjs"), "scenario"], {
        env: { ...environment, [name]: value },
        reject: false,
      });
    const first = await start();
    expect(first.stderr).toMatch(/^Installing the npm dependencies \(npm ci\) \.\.\.\n/);
    expect(first.stdout).toBe("node main.ts scenario");
    expect(first.exitCode).toBe(0);
    expect(existsSync(join(project, "node_modules/tool/package.json"))).toBe(true);
    expect(existsSync(join(project, "node_modules/script-has-run"))).toBe(false);
    const second = await start();
    expect(second.stderr).toBe("");
    expect(second.stdout).toBe("node main.ts scenario");
  },
);
