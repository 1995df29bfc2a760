// SPDX-License-Identifier: MIT
import { runCommand } from "./commands.ts";

// For this program alone (see ./ntb-edma-lab): whatever else it starts keeps its own house.
delete process.env.NODE_COMPILE_CACHE;

process.exitCode = await runCommand(process.argv.slice(2));
