// SPDX-License-Identifier: MIT
/** @import uPlotTypes, { AlignedData } from "uplot" */
/** @import { DrawnChart } from "../parts/chart.ts" */
import { axisEnds, chartHeight, chartOptions, pointedAt } from "./chart-options.mjs";
import { onTheme } from "./theme.mjs";

/** Charts that are zoomed together. @type {Map<string, ChartView[]>} */
const groups = new Map();

/** Draws the charts: those in what is folded once that is opened. */
export function drawCharts() {
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      new ChartView(target);
    }
  });
  for (const figure of document.querySelectorAll("figure.chart")) {
    if (figure.closest("details:not([open])")) observer.observe(figure);
    else new ChartView(figure);
  }
}

class ChartView {
  /** @param {Element} figure */
  constructor(figure) {
    const box = partOf(figure, ".plot");
    this.button = partOf(figure, ".unzoom");
    /** @type {DrawnChart} */
    this.chart = JSON.parse(partOf(figure, "script").textContent);
    this.tip = document.createElement("output");
    this.tip.className = "tip";
    this.tip.hidden = true;
    const data = /** @type {AlignedData} */ (/** @type {unknown} */ (this.chart.columns));
    const hooks = {
      /** @param {uPlotTypes} u */
      pointed: (u) => this.point(u),
      /** @param {uPlotTypes} u */
      zoomed: (u) => this.zoomed(u),
    };
    this.plot = new uPlot(chartOptions(this.chart, box.clientWidth, hooks), data, box);
    box.append(this.tip);
    const { group } = this.chart;
    if (group !== "") groups.set(group, [...(groups.get(group) ?? []), this]);
    new ResizeObserver(() => {
      const width = box.clientWidth;
      if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: chartHeight });
    }).observe(box);
    onTheme(() => this.plot.redraw(false));
    this.button.addEventListener("click", () => this.showWhole());
    box.addEventListener("keydown", (event) => this.onKey(event));
  }

  showWhole() {
    const [min, max] = axisEnds(this.chart);
    this.plot.setScale("x", { min, max });
  }

  /**
   * Tells what is under the cursor, beside it where there is more room.
   * @param {uPlotTypes} u
   */
  point(u) {
    const { tip } = this;
    const { left = -1, idx } = u.cursor;
    tip.hidden = left < 0 || idx === null || idx === undefined;
    if (tip.hidden || idx === null || idx === undefined) return;
    tip.textContent = pointedAt(this.chart, idx);
    const x = u.valToPos(u.data[0][idx] ?? 0, "x") + u.over.offsetLeft;
    const onRight = x < u.width / 2;
    tip.style.left = onRight ? `${x + 8}px` : "auto";
    tip.style.right = onRight ? "auto" : `${u.width - x + 8}px`;
  }

  /**
   * Says what is shown, and has the other charts of the group show the same.
   * @param {uPlotTypes} u
   */
  zoomed(u) {
    const { min = 0, max = 0 } = u.scales.x ?? {};
    const [from, to] = axisEnds(this.chart);
    this.button.hidden = Math.abs(min - from) < 1e-6 && Math.abs(max - to) < 1e-6;
    const stretch = "from" in this.chart.x ? `${min.toFixed(1)} to ${max.toFixed(1)} s: ` : "";
    this.button.textContent = `${stretch}show the whole`;
    for (const other of groups.get(this.chart.group) ?? []) {
      const scale = other.plot.scales.x;
      if (scale?.min !== min || scale.max !== max) other.plot.setScale("x", { min, max });
    }
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Escape") this.showWhole();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const [xs] = this.plot.data;
    const now = this.plot.cursor.idx ?? (by > 0 ? -1 : xs.length);
    const next = Math.min(Math.max(now + by, 0), xs.length - 1);
    this.plot.setCursor({ left: this.plot.valToPos(xs[next] ?? 0, "x"), top: 10 });
  }
}

/**
 * @param {Element} figure
 * @param {string} selector
 */
function partOf(figure, selector) {
  const found = figure.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`a chart has no ${selector}`);
  return found;
}
