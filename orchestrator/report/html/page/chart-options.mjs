// SPDX-License-Identifier: MIT
/** @import uPlotTypes, { Axis, Band, Options, Series } from "uplot" */
/** @import { DrawnChart } from "../parts/chart.ts" */
import { colour } from "./theme.mjs";

export const chartHeight = 190;

const curveColours = ["blue", "orange", "green", "violet"];
/** Of longer labels the number stands along the axis. */
const shortLabel = 6;
/** Of so few points each is shown. */
const fewPoints = 40;

/**
 * @param {DrawnChart} chart
 * @returns {[number, number]} where its x axis begins and ends
 */
export function axisEnds({ x }) {
  return "from" in x ? [x.from, x.to] : [-0.5, x.length - 0.5];
}

/**
 * A chart as uPlot takes it.
 * @param {DrawnChart} chart
 * @param {number} width
 * @param {{ pointed: (u: uPlotTypes) => void, zoomed: (u: uPlotTypes) => void }} hooks
 * @returns {Options}
 */
export function chartOptions(chart, width, { pointed, zoomed }) {
  const { bands, group, hasRanges } = chart;
  return {
    ...{ width, height: chartHeight, legend: { show: false }, padding: [10, 12, 0, 0] },
    scales: {
      x: {
        time: false,
        range: (u, min, max) => (isAll(u, min, max) ? axisEnds(chart) : [min, max]),
      },
      y: { range: (_u, _min, max) => [0, roundAbove(max)] },
    },
    axes: axesOf(chart),
    series: [{}, ...chart.labels.flatMap((_, index) => curveOf(chart, index))],
    ...(hasRanges ? { bands: chart.labels.map((_, index) => rangeOf(index)) } : {}),
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: true },
      points: { size: 7 },
      ...(group === "" ? {} : { sync: { key: group, setSeries: false } }),
    },
    hooks: {
      drawClear: [(u) => shade(u, bands)],
      draw: chart.lastStandsOut ? [markLast] : [],
      setCursor: [pointed],
      setScale: [(u, key) => key === "x" && zoomed(u)],
    },
  };
}

/**
 * Whether uPlot means to show all that there is, as at first and after a double-click.
 * @param {uPlotTypes} u
 * @param {number} min
 * @param {number} max
 */
function isAll({ data: [xs] }, min, max) {
  return min === xs[0] && max === xs[xs.length - 1];
}

/**
 * What stands at a point, in words.
 * @param {DrawnChart} chart
 * @param {number} index of its x
 */
export function pointedAt({ x, columns, labels, hasRanges, unit, bands }, index) {
  const at = columns[0]?.[index] ?? 0;
  const each = hasRanges ? 3 : 1;
  const values = labels.flatMap((label, curve) => {
    const [value, low, high] = [1, 2, 3].map((part) => columns[curve * each + part]?.[index]);
    if (value === null || value === undefined) return [];
    const name = labels.length > 1 ? `${label}: ` : "";
    const range = hasRanges && low !== high ? ` (${digits(low)} to ${digits(high)})` : "";
    return [`${name}${digits(value)}${range} ${unit}`.trim()];
  });
  const band = bands.find(({ from, to }) => at >= from && at <= to);
  const where = "from" in x ? `${at.toFixed(1)} s` : (x[at] ?? "");
  return [where, ...values, ...(band ? [band.title] : [])].join(" · ");
}

/**
 * @param {DrawnChart} chart
 * @returns {Axis[]}
 */
function axesOf({ x }) {
  const timed = "from" in x;
  const both = {
    stroke: () => colour("dim"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
  };
  /** @param {number} at */
  const nameOf = (at) => {
    if (timed) return `${Number(at.toFixed(3))} s`;
    if (!Number.isInteger(at) || at < 0 || at >= x.length) return "";
    const label = x[at] ?? "";
    return label.length <= shortLabel ? label : String(at + 1);
  };
  return [
    {
      ...both,
      ...{ size: 26, gap: 3, space: 60 },
      values: (_u, splits) => splits.map(nameOf),
      ...(timed ? {} : { grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] }),
    },
    { ...both, size: 48, gap: 4, values: (_u, splits) => splits.map(short) },
  ];
}

/**
 * A curve, and behind it the edges of its range.
 * @param {DrawnChart} chart
 * @param {number} index
 * @returns {Series[]}
 */
function curveOf({ labels, columns, draw, hasRanges }, index) {
  const name = curveColours[index % curveColours.length] ?? "blue";
  const isFew = (columns[0]?.length ?? 0) <= fewPoints;
  /** @type {Series} */
  const curve = {
    label: labels[index] ?? "",
    stroke: () => colour(name),
    width: 1.5,
    spanGaps: true,
    points: { show: isFew || draw === "dots", size: 6, fill: () => colour(name) },
    ...(draw === "dots" && !hasRanges ? { paths: () => null } : {}),
  };
  /** @type {Series} */
  const edge = { stroke: "transparent", spanGaps: true, points: { show: false } };
  return hasRanges ? [curve, edge, edge] : [curve];
}

/**
 * @param {number} index of the curve
 * @returns {Band}
 */
function rangeOf(index) {
  return { series: [index * 3 + 3, index * 3 + 2], fill: () => colour("shade") };
}

/** @param {uPlotTypes} u */
function markLast(u) {
  const last = u.data[0].length - 1;
  const [x, y] = [u.data[0][last], u.data[1]?.[last]];
  if (x === undefined || y === null || y === undefined) return;
  u.ctx.fillStyle = colour("bad");
  u.ctx.beginPath();
  u.ctx.arc(u.valToPos(x, "x", true), u.valToPos(y, "y", true), 4 * devicePixelRatio, 0, 7);
  u.ctx.fill();
}

/**
 * @param {uPlotTypes} u
 * @param {DrawnChart["bands"]} bands
 */
function shade(u, bands) {
  const { left, top, width, height } = u.bbox;
  const within = (/** @type {number} */ x) =>
    Math.min(Math.max(u.valToPos(x, "x", true), left), left + width);
  u.ctx.fillStyle = colour("shade");
  for (const [index, { from, to }] of bands.entries()) {
    if (index % 2 === 0) u.ctx.fillRect(within(from), top, within(to) - within(from), height);
  }
}

/** @param {number} value */
function roundAbove(value) {
  if (!(value > 0)) return 1;
  const scale = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8];
  return (steps.find((step) => step * scale >= value) ?? 10) * scale;
}

/** @param {number} value */
function short(value) {
  return value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 2 });
}

/** @param {number | null | undefined} value */
function digits(value) {
  if (value === null || value === undefined) return "";
  if (Math.abs(value) >= 1000 || Number.isInteger(value))
    return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
