// SPDX-License-Identifier: MIT
import { quantities, scaleOf } from "../../quantity.ts";
import { embeddedJson } from "./json.ts";
import { html, type Markup } from "./markup.ts";

export type Point = readonly [x: number, y: number];

export interface Curve {
  /** Of one curve among several. */
  readonly label: string;
  readonly points: readonly Point[];
  /** The lowest and highest of the samples that each point stands for. */
  readonly ranges?: readonly Point[];
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** What stands along the x axis: seconds since boot, or a label for each of 0, 1, 2 ... */
  readonly x: { readonly from: number; readonly to: number } | readonly string[];
  readonly curves: readonly Curve[];
  /** Dots, or a curve through the points. */
  readonly draw: "curve" | "dots";
  /** Stretches of x that are told apart by shade, and named. */
  readonly bands?: readonly Band[];
  /** Charts of one group are zoomed, and pointed at, together. */
  readonly group?: string;
  /** The last point is the one that the others are compared with. */
  readonly lastStandsOut?: boolean;
}

export interface Band {
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

/** What the page's script draws: uPlot's aligned columns, in the unit that is shown. */
export interface DrawnChart {
  readonly unit: string;
  readonly x: Chart["x"];
  readonly draw: Chart["draw"];
  readonly bands: readonly Band[];
  readonly group: string;
  readonly lastStandsOut: boolean;
  readonly labels: readonly string[];
  /** Values of x, then of each curve; with ranges, each curve is followed by its lowest and its highest values. */
  readonly columns: readonly (readonly (number | null)[])[];
  readonly hasRanges: boolean;
}

/** A chart that the page's script draws where it stands. Its name says in words what it shows. */
export function chart(one: Chart): Markup {
  const { title, curves, x, draw, bands = [], group = "", lastStandsOut = false } = one;
  const hasRanges = curves.some(({ ranges }) => ranges !== undefined);
  const lists = curves.flatMap((curve) => columnsOf(curve, hasRanges));
  const { columns, unit } = inShownUnit(aligned(lists), one.unit);
  const drawn: DrawnChart = {
    ...{ unit, x, draw, bands, group, lastStandsOut, hasRanges, columns },
    labels: curves.map(({ label }) => label),
  };
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  const { texts } = quantities([Math.min(...values), Math.max(...values)], one.unit);
  const words = `${title}: ${texts.join(" to ")} ${unit}`;
  const legend =
    curves.length > 1 &&
    curves.map(({ label }, index) => html` <span class="key key-${index}">${label}</span>`);
  return html`<figure class="chart"><figcaption>${title} <span class="dim">${unit}</span>${legend}<button type="button" class="unzoom" hidden>Whole</button></figcaption><div class="plot" role="img" tabindex="0" aria-label="${words}"></div><script type="application/json">${embeddedJson(drawn)}</script></figure>`;
}

/** Whether a page has anything that its script is to draw. */
export function hasChart(body: Markup): boolean {
  return String(body).includes('<figure class="chart">');
}

/** Charts beside each other, as many as there is room for. */
export function plots(charts: readonly Chart[]): Markup {
  return html`<div class="plots">${charts.map(chart)}</div>
<noscript><p>Plots are drawn by a script.</p></noscript>`;
}

/** A curve as lists of points, thinned out and without two at the very same x. */
function columnsOf({ points, ranges = [] }: Curve, hasRanges: boolean): (readonly Point[])[] {
  const kept = apart(thinned(points));
  if (!hasRanges) return [kept];
  const edge = (which: 0 | 1) =>
    points.map(([x, y], index): Point => [x, ranges[index]?.[which] ?? y]);
  return [kept, edge(0), edge(1)];
}

const mostPoints = 1200;
/** A millisecond: two points at one x are an edge, which needs a little width. */
const edgeWidth = 0.001;

/** Of many points the highest and lowest of each stretch, so that no peak is lost. */
export function thinned(points: readonly Point[]): readonly Point[] {
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

function apart(points: readonly Point[]): Point[] {
  let last = Number.NEGATIVE_INFINITY;
  return points.map(([x, y]): Point => {
    last = Math.max(x, last + edgeWidth);
    return [last, y];
  });
}

/** One column of every x, and one for each list with its values there, or null. */
function aligned(lists: readonly (readonly Point[])[]): (number | null)[][] {
  const all = [...new Set(lists.flatMap((points) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const columns = lists.map((points) => {
    const at = new Map(points);
    return all.map((x) => at.get(x) ?? null);
  });
  return [all, ...columns];
}

function inShownUnit(columns: readonly (number | null)[][], given: string) {
  const [xs = [], ...rest] = columns;
  const largest = Math.max(...rest.flat().map((value) => Math.abs(value ?? 0)), 0);
  const { unit, each } = scaleOf(largest, given);
  const short = (value: number | null, by: number) =>
    value === null ? null : Number((value / by).toPrecision(7));
  return {
    unit,
    columns: [xs, ...rest].map((column, index) =>
      column.map((value) => short(value, index === 0 ? 1 : each)),
    ),
  };
}
