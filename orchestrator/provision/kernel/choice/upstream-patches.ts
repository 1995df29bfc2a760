// SPDX-License-Identifier: MIT
import { upstreamPatchFile } from "../../../upstream-patches.ts";
import { kernelPart } from "./part.ts";

/** The project's own fixes, by name, which scenarios ask for; a person has --patches. They are applied in this order. */
export const upstreamPatches = kernelPart<readonly string[]>()({
  flags: {},
  pinned: [],
  read: () => [],
  gives: (names) => ({ ownPatches: names.map(upstreamPatchFile) }),
  travels: "names and copied files",
  places: () => [],
});
