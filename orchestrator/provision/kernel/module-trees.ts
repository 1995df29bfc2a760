// SPDX-License-Identifier: MIT

/** Names of the build trees of the project's modules for a kernel, by the name of the kernel's own. */
export function moduleTrees(kernelTree: string): [ours: string, forms: string] {
  return [`modules-of-${kernelTree}`, `modules-without-edma-of-${kernelTree}`];
}
