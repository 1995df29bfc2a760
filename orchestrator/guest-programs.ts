// SPDX-License-Identifier: MIT
//
// Programs that not every image of the guests has: large ones, by the names by which scenarios ask for them.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { projectDirectory } from "./project.ts";

/** Below guest-images/rootfs: a directory for each, with lists like those beside it. */
export const EXTRAS = "extras";

/** In order. A new one is a directory and nothing else. */
export const guestPrograms: readonly string[] = readdirSync(
  join(projectDirectory, "guest-images/rootfs", EXTRAS),
).sort();
