// The objective over the half-steps: assignments and E-steps blue, refits and M-steps red; a click leads to one.
import { h } from "./dom.js";

const [WIDE, HIGH, LEFT, TOP, LOW] = [320, 150, 11, 26, 12];
export const BLUE = "#3b7dd8";
export const RED = "#d1495b";
export const colorOf = (step) => (step === "assign" || step === "expect" ? BLUE : RED);
// as Python writes {:.6g}
export const number = (value) => String(Number(value.toPrecision(6)));

function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export class Curve {
  constructor(go) {
    this.svg = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", class: "curve" });
    this.svg.addEventListener("click", (event) => {
      const box = this.svg.getBoundingClientRect();
      const across = ((event.clientX - box.left) / box.width) * WIDE;
      if (this.n) go(Math.min(Math.max(Math.round((across - LEFT) / this.gap) + 1, 1), this.n));
    });
    this.element = h("div", { className: "objective" }, this.svg, h("p", { className: "key" },
      h("span", { style: `--dot: ${BLUE}` }, "assignment, E-step"), h("span", { style: `--dot: ${RED}` }, "refit, M-step")));
  }

  // `at` is the half-step that is shown, from 1; 0 is before the first. `best` is the objective of the best start.
  show({ name, steps, at, best = null }) {
    this.n = steps.length;
    this.svg.replaceChildren();
    if (!this.n) return;
    const values = steps.map((step) => step.objective);
    const all = best === null ? values : [...values, best];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    this.gap = (WIDE - 2 * LEFT) / Math.max(this.n - 1, 1);
    const x = (i) => LEFT + i * this.gap;
    const y = (value) => TOP + (high > low ? (high - value) / (high - low) : 0.5) * (HIGH - TOP - LOW);
    this.svg.setAttribute("aria-label", `${name} over ${this.n} half-steps, from ${number(values[0])} to ${number(values.at(-1))}`);
    this.svg.append(svg("text", { x: LEFT, y: 15 }, name));
    if (best !== null) {
      this.svg.append(svg("line", { class: "best", x1: 0, x2: WIDE, y1: y(best), y2: y(best) }));
      this.svg.append(svg("text", { x: WIDE - LEFT, y: 15, "text-anchor": "end" }, `best of the starts: ${number(best)}`));
    }
    for (let i = 1; i < this.n; i++) {
      this.svg.append(svg("line", { x1: x(i - 1), y1: y(values[i - 1]), x2: x(i), y2: y(values[i]), stroke: colorOf(steps[i].step), "stroke-width": 2 }));
    }
    const size = Math.min(Math.max(60 / this.n, 1.8), 4);
    values.forEach((value, i) => this.svg.append(svg("circle", { cx: x(i), cy: y(value), r: size, fill: colorOf(steps[i].step) })));
    if (at > 0) this.svg.append(svg("circle", { class: "here", cx: x(at - 1), cy: y(values[at - 1]), r: size + 3.5 }));
  }
}
