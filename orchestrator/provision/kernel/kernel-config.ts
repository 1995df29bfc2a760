// SPDX-License-Identifier: MIT

/** What a fragment asks for: a value (`y`, `m`, a number, a quoted string) or `n` for "not set". */
export interface ConfigWish {
  readonly symbol: string;
  readonly value: string;
  /** Fragment's name and line, for messages. */
  readonly origin: string;
  /** What cannot be had without it, where one can do without. */
  readonly optional?: string;
  /** Whether it comes from a person's own fragment. */
  readonly given?: boolean;
}

/** A wish that the kernel's build system did not grant. */
export interface DroppedSymbol extends ConfigWish {
  /** Value in the final .config; `n` when the symbol is not set or unknown. */
  readonly actual: string;
}

/** Before settings that a kernel can do without: what for they are there. */
const OPTIONAL = /^# Optional, for (.+)$/;

/**
 * Reads a fragment in the format of .config. Settings that follow a comment "Optional, for ..." without an empty line or
 * another comment between them are those that one can do without.
 *
 * @throws Error naming file and line when a line is neither a setting nor a comment.
 */
export function parseFragment(name: string, text: string): ConfigWish[] {
  const wishes: ConfigWish[] = [];
  let optional: { optional?: string } = {};
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const origin = `${name}:${index + 1}`;
    const setting = /^(CONFIG_\w+)=(.+)$/.exec(line);
    const unset = /^# (CONFIG_\w+) is not set$/.exec(line);
    if (setting !== null) {
      wishes.push({ symbol: setting[1] ?? "", value: setting[2] ?? "", origin, ...optional });
    } else if (unset !== null) {
      wishes.push({ symbol: unset[1] ?? "", value: "n", origin, ...optional });
    } else if (line === "" || line.startsWith("#")) {
      const purpose = OPTIONAL.exec(line)?.[1]?.replace(/\.$/, "");
      optional = purpose === undefined ? {} : { optional: purpose };
    } else {
      throw new Error(`${origin}: expected CONFIG_NAME=value or a comment, got '${line}'`);
    }
  }
  return wishes;
}

/** Later fragments override earlier ones, symbol by symbol. */
export function mergeWishes(fragments: readonly (readonly ConfigWish[])[]): ConfigWish[] {
  const bySymbol = new Map<string, ConfigWish>();
  for (const wish of fragments.flat()) bySymbol.set(wish.symbol, wish);
  return [...bySymbol.values()];
}

/** Wishes as a file for KCONFIG_ALLCONFIG. */
export function renderWishes(wishes: readonly ConfigWish[]): string {
  const lines = wishes.map(({ symbol, value }) =>
    value === "n" ? `# ${symbol} is not set` : `${symbol}=${value}`,
  );
  return `${lines.join("\n")}\n`;
}

/** Which wishes the final .config does not hold. */
export function findDropped(wishes: readonly ConfigWish[], finalConfig: string): DroppedSymbol[] {
  const actual = new Map(
    parseFragment(".config", finalConfig).map(({ symbol, value }) => [symbol, value]),
  );
  return wishes
    .map((wish) => ({ ...wish, actual: actual.get(wish.symbol) ?? "n" }))
    .filter((wish) => wish.actual !== wish.value);
}

/** What older kernels call a symbol that can be set: theirs sets ours. */
const FORMER_NAMES: Readonly<Record<string, string>> = {
  CONFIG_SYSCTL: "CONFIG_PROC_SYSCTL",
};

/** The same wishes for a kernel that knows them by other names; those without another name are left out. */
export function underFormerNames(dropped: readonly ConfigWish[]): ConfigWish[] {
  return dropped.flatMap((wish) => {
    const symbol = FORMER_NAMES[wish.symbol];
    return symbol === undefined ? [] : [{ ...wish, symbol }];
  });
}

/** One line a symbol, for people. */
export function describeDropped(dropped: readonly DroppedSymbol[]): string {
  return dropped
    .map(
      ({ symbol, value, actual, origin }) =>
        `${symbol}: asked for ${value} (${origin}), got ${actual}`,
    )
    .join("\n");
}
