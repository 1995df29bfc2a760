// SPDX-License-Identifier: MIT
import type Plot from "uplot";

declare global {
  /** The library stands in the page as a script of its own. */
  const uPlot: typeof Plot;
}
