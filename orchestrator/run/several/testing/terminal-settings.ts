// SPDX-License-Identifier: MIT
import { onTestFinished, vi } from "vitest";
import { kernelChoices } from "../../../cli/flags/kernel-flags.ts";
import { noInspection } from "../../../lab/inspection.ts";
import { pinnedQemu } from "../../../provision/qemu/choice.ts";
import type { RunSettings } from "../run-on-terminal.ts";

/** How a person who says nothing has runs made, but for the accelerator. */
export const plainSettings: RunSettings = {
  ...{ timeoutScale: 1, accelerator: "tcg", repeat: 1, retries: 0, failOnFlaky: false },
  ...{ kernels: kernelChoices({}), qemu: pinnedQemu, inspection: noInspection },
};

/** Takes what is printed from now on, in the place of the terminal. Gives what has been printed so far. */
export function silenced(output: "stdout" | "stderr" = "stdout"): () => string {
  const said = vi.spyOn(process[output], "write").mockReturnValue(true);
  onTestFinished(() => said.mockRestore());
  return () => said.mock.calls.map(([text]) => String(text)).join("");
}
