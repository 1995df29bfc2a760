// SPDX-License-Identifier: MIT
import { debugFragment } from "../../../config-fragments.ts";
import { kernelPart } from "./part.ts";

/** What every scenario that has been run on a debug kernel needs there. */
const timeScale = 3;

/** Built with the checkers of guest-images/kernel/debug.config. */
export const debug = kernelPart<boolean>()({
  flags: {
    "debug-kernel": {
      type: "boolean",
      help: "with KASAN, lockdep and the like, and with types for gdb",
    },
  },
  pinned: false,
  kept: [true],
  read: ({ values }) => values["debug-kernel"] === true,
  gives: (wanted) =>
    wanted ? { fragments: [{ file: debugFragment, given: false, extra: false }] } : {},
  travels: "as it is",
  places: () => [],
  timeScale: (wanted) => (wanted ? timeScale : 1),
});
