// SPDX-License-Identifier: MIT
import { kernelPart } from "./part.ts";

/** Built by clang and lld: `1`, or which of them, a suffix such as `-19` or a directory that ends in a slash. */
export const llvm = kernelPart<string | undefined>()({
  flags: {},
  variable: "LLVM",
  pinned: undefined,
  read: ({ variable }) => {
    if (variable === undefined || variable === "" || variable === "0") return undefined;
    return /^-|\/$/.test(variable) ? variable : "1";
  },
  gives: (value) => (value === undefined ? {} : { toolchain: { llvm: value } }),
  travels: "unless a path",
  places: () => [],
});
