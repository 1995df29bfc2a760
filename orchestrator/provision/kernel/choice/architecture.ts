// SPDX-License-Identifier: MIT
import { architectureFragment } from "../../../config-fragments.ts";
import type { GuestArchitecture } from "../../../guest-architectures.ts";
import { kernelPart } from "./part.ts";

/** What the kernel is for, as the scenario's machine has it: 64-bit Arm where nothing is said. No flag says it. */
export const architecture = kernelPart<GuestArchitecture | undefined>()({
  flags: {},
  pinned: undefined,
  read: () => undefined,
  gives: (value) => {
    if (value === undefined) return {};
    const file = architectureFragment(value);
    const fragments = file === undefined ? [] : [{ file, given: false, extra: false }];
    return { fragments, toolchain: { architecture: value } };
  },
  travels: "unless a path",
  places: () => [],
});
