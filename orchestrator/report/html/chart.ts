// SPDX-License-Identifier: MIT
import { figure } from "../summary.ts";
import { escapeHtml } from "./escape.ts";

/** Sizes in units of the drawing, which is as wide as its place on the page allows. */
const size = { width: 360, height: 150, left: 46, right: 8, top: 14, bottom: 22 };

export type Point = readonly [x: number, y: number];

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
  /** A curve through the points, or dots with the range that each stands for. */
  readonly draw: "curve" | "dots";
  readonly ranges?: readonly Point[];
  /** Where the drawing begins and ends. */
  readonly xLeast?: number;
  readonly xMost: number;
  readonly xTicks: readonly { readonly x: number; readonly text: string }[];
  /** Stretches of x to shade. */
  readonly bands?: readonly {
    readonly from: number;
    readonly to: number;
    readonly title: string;
  }[];
  /** Index of a point to stand out. */
  readonly now?: number;
}

/** A chart as inline SVG, from 0 upwards. Its caption says in words what it shows. */
export function chart(one: Chart): string {
  const { title, unit, points, ranges = [], xLeast = 0, xMost, bands = [] } = one;
  const values = [...points.map(([, y]) => y), ...ranges.map(([, y]) => y)];
  const most = Math.max(...values, 0);
  const yMost = niceAbove(most);
  const inner = { w: size.width - size.left - size.right, h: size.height - size.top - size.bottom };
  const px = (x: number) =>
    (size.left + ((x - xLeast) / (xMost - xLeast || 1)) * inner.w).toFixed(1);
  const py = (y: number) => (size.top + inner.h - (y / yMost) * inner.h).toFixed(1);
  const shaded = bands.map(
    ({ from, to, title: name }) =>
      `<rect class="band" x="${px(from)}" width="${Math.max(0, Number(px(to)) - Number(px(from))).toFixed(1)}" y="${size.top}" height="${inner.h}"><title>${escapeHtml(name)}</title></rect>`,
  );
  const grid = [0, yMost / 2, yMost].map(
    (y) =>
      `<line class="axis" x1="${size.left}" x2="${size.width - size.right}" y1="${py(y)}" y2="${py(y)}"/><text x="${size.left - 4}" y="${Number(py(y)) + 4}" text-anchor="end">${short(y)}</text>`,
  );
  const ticks = one.xTicks.map(({ x, text }) => {
    const at = px(x);
    const anchor = Number(at) > size.width - 20 ? "end" : "middle";
    const edge = anchor === "end" ? size.width - 2 : at;
    return `<text x="${edge}" y="${size.height - 6}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
  });
  const spread =
    points.length === ranges.length
      ? ranges.map(([low, high], index) => {
          const x = px(points[index]?.[0] ?? 0);
          return `<line class="range" x1="${x}" x2="${x}" y1="${py(low)}" y2="${py(high)}"/>`;
        })
      : [];
  const [least, mostText] = [Math.min(...points.map(([, y]) => y)), figure(most)];
  const words = `${title}: ${figure(least)} to ${mostText} ${unit}`;
  return `<figure><figcaption>${escapeHtml(title)} <span class="dim">${escapeHtml(unit)}</span></figcaption><svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeHtml(words)}">${shaded.join("")}${grid.join("")}${ticks.join("")}${spread.join("")}${marks(one, px, py)}</svg></figure>`;
}

const mostPoints = 400;

function marks({ points, draw, unit, now }: Chart, px: Scale, py: Scale): string {
  if (draw === "curve") {
    const path = thinned(points).map(
      ([x, y], index) => `${index === 0 ? "M" : "L"}${px(x)} ${py(y)}`,
    );
    return `<path class="curve" d="${path.join("")}"/>`;
  }
  return points
    .slice(0, mostPoints)
    .map(
      ([x, y], index) =>
        `<circle class="${index === now ? "now" : "dot"}" cx="${px(x)}" cy="${py(y)}" r="2.5"><title>${escapeHtml(`${figure(y)} ${unit}`)}</title></circle>`,
    )
    .join("");
}

type Scale = (value: number) => string;

/** Of many points the highest and lowest of each stretch, so that no peak is lost. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const length = Math.ceil(points.length / (mostPoints / 2));
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += length) {
    const part = points.slice(from, from + length);
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const scale = 10 ** Math.floor(Math.log10(value));
  return (
    ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((step) => step * scale >= value) ?? 10) * scale
  );
}

function short(value: number): string {
  const [divisor, letter] =
    value >= 1e9 ? [1e9, "G"] : value >= 1e6 ? [1e6, "M"] : value >= 1e4 ? [1e3, "k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(3))}${letter}`;
}
