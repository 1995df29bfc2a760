// SPDX-License-Identifier: MIT
import { runCommand } from "./commands.ts";

// Set by ./ntb-edma-lab for this program; other Node.js programs that it starts must not write into the same cache.
delete process.env.NODE_COMPILE_CACHE;
// In an alias, a hook or `git bisect run`, git sets these for its own repository. With them every git that is started here would
// work on that repository and not in the directory that it is told to work in.
for (const name of [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_COMMON_DIR",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
]) {
  delete process.env[name];
}

process.exitCode = await runCommand(process.argv.slice(2));
