// SPDX-License-Identifier: MIT

/** A unit as a person reads it, and how many of the unit given make one. */
export interface Scale {
  readonly unit: string;
  readonly each: number;
}

/** Larger units of some, each from so many of the given one on. Sizes go by powers of 1024, as kernels count; rates of a link do not. */
const larger: Readonly<Record<string, readonly Scale[]>> = {
  B: ["KiB", "MiB", "GiB", "TiB"].map((unit, index) => ({ unit, each: 1024 ** (index + 1) })),
  MiB: [{ unit: "GiB", each: 1024 }],
  "Mb/s": [{ unit: "Gb/s", each: 1000 }],
  ms: [{ unit: "s", each: 1000 }],
};

/** Smaller ones, for values below a limit. */
const smaller: Readonly<Record<string, Scale & { readonly below: number }>> = {
  "Gb/s": { unit: "Mb/s", each: 1e-3, below: 0.2 },
  ms: { unit: "µs", each: 1e-3, below: 0.1 },
  s: { unit: "ms", each: 1e-3, below: 0.1 },
};

/** Values of one unit, as a person reads them: all in the same larger or smaller one, which suits the largest of them. */
export interface Quantities {
  readonly texts: readonly string[];
  /** Empty for a bare number. */
  readonly unit: string;
}

export function quantities(values: readonly number[], unit: string): Quantities {
  const scale = scaleOf(Math.max(...values.map(Math.abs), 0), unit);
  const scaled = values.map((value) => value / scale.each);
  const whole = scaled.every(Number.isInteger);
  return { texts: scaled.map((value) => digits(value, whole)), unit: scale.unit };
}

/** A measured value with its unit: `1.80 GiB`, `46.1 Mb/s`, `884,913 per MiB`. */
export function quantity(value: number, unit: string): string {
  const { texts, unit: shown } = quantities([value], unit);
  return `${texts[0]} ${shown}`.trim();
}

/** Of sizes per second, as of sizes; a bare number has no unit. */
export function scaleOf(largest: number, unit: string): Scale {
  if (unit === "1") return { unit: "", each: 1 };
  if (unit.startsWith("1/")) return { unit: `per ${unit.slice(2)}`, each: 1 };
  const [size = "", per] = /^(B)(\/s)$/.test(unit) ? ["B", "/s"] : [unit, ""];
  const less = smaller[unit];
  if (less && largest > 0 && largest < less.below) return less;
  // Milliseconds stay what they are until there are ten thousand of them: 1200 ms says more than 1.20 s.
  const least = unit === "ms" ? 10 : 1;
  const fitting = larger[size]?.findLast(({ each }) => largest >= least * each);
  return fitting ? { unit: `${fitting.unit}${per}`, each: fitting.each } : { unit, each: 1 };
}

/** Three digits, or all of a larger number, in groups. */
function digits(value: number, whole: boolean): string {
  if (Math.abs(value) >= 1000 || whole || value === 0)
    return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
