// SPDX-License-Identifier: MIT
import { kernelPart } from "./part.ts";

/** Prefix of GNU tools, such as `aarch64-linux-gnu-`; the machine's usual one when not given. */
export const crossCompile = kernelPart<string | undefined>()({
  flags: {},
  variable: "CROSS_COMPILE",
  pinned: undefined,
  read: ({ variable }) => variable || undefined,
  gives: (value) => (value === undefined ? {} : { toolchain: { crossCompile: value } }),
  travels: "unless a path",
  places: () => [],
});
