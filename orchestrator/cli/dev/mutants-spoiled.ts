// SPDX-License-Identifier: MIT

/** What a process sends where a test ran out of time: what that waits for may still come, and meet another mutant. */
export const spoiled = "ntb-edma-lab: a test may still be at work";
