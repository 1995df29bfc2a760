// SPDX-License-Identifier: MIT

const newlines = new Set([0x0a, 0x0d]);
const tilde = 0x7e;
const dot = 0x2e;

/**
 * Watches what a person types for the escape of ssh: a new line, `~`, `.`. In raw mode the terminal gives no signals, and
 * a guest that hangs answers to nothing.
 */
export class EscapeFilter {
  readonly #cutOff: () => void;
  #state: "line" | "start" | "tilde" = "start";

  constructor(cutOff: () => void) {
    this.#cutOff = cutOff;
  }

  /** What goes on to the guest. */
  pass(typed: Buffer): Buffer {
    const passed: number[] = [];
    for (const byte of typed) {
      if (this.#state === "tilde") {
        if (byte === dot) {
          this.#cutOff();
          return Buffer.from(passed);
        }
        // Twice the tilde is one for the guest.
        if (byte !== tilde) passed.push(tilde);
      } else if (this.#state === "start" && byte === tilde) {
        this.#state = "tilde";
        continue;
      }
      passed.push(byte);
      this.#state = newlines.has(byte) ? "start" : "line";
    }
    return Buffer.from(passed);
  }
}
