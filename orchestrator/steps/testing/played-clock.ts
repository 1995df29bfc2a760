// SPDX-License-Identifier: MIT
import { onTestFinished, vi } from "vitest";

/** Until the test ends, the clock of this process goes on by so many milliseconds each time that it is read, from a late time on. */
export function playedClock(stepMs: number): void {
  let now = 1_000_000;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => {
    now += stepMs;
    return now;
  });
  onTestFinished(() => clock.mockRestore());
}
