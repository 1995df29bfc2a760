// SPDX-License-Identifier: MIT
import { runCommand } from "./commands.ts";

// For this program alone (see ./ntb-edma-lab): whatever else it starts keeps its own house.
delete process.env.NODE_COMPILE_CACHE;
// Where this program is git's child, as in an alias, a hook and `git bisect run`, these would lead any git from the directory that
// it is told to work in to the repository of that one.
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
