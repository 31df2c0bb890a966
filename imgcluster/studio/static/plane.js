// The plane of the points: drawn on a canvas, with a pointer or with arrow keys and Enter.
import { h } from "./dom.js";

const EDGE = { left: 46, right: 12, top: 14, bottom: 34 };
const REACH = 26; // pixels from a point at which it is the one that is meant
const GRAB = 14; // pixels from a center at which it is dragged
const GAP = 14; // pixels between the points of a stroke
const CELL = 2; // pixels of the squares that show who is nearest

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A round step that leaves about so many ticks.
function tickStep(span, count) {
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
}

export class Plane {
  // `add(list, isStroke)` gets new points, the later ones of a stroke too, `remove(index)` the place of one, `moveCenter(index, point)` where a center starts.
  constructor({ add, remove, moveCenter }) {
    this.state = { points: [], bounds: [0, 16, 0, 10], names: [], colors: [], half: null, before: null, start: null, shares: null, hard: true };
    this.erasing = false;
    this.cursor = null;
    Object.assign(this, { add, remove, moveCenter });
    this.canvas = h("canvas", { tabIndex: 0, role: "application", ariaLabel: "Plane of points: arrow keys move the cursor, Enter adds a point, Delete removes the nearest, C moves the nearest center of the start" });
    this.said = h("output", { className: "said", hidden: true });
    this.hint = h("p", { className: "empty" }, "Click to add points, or load some");
    this.element = h("div", { className: "plane" }, this.canvas, this.said, this.hint);
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointermove", (event) => this.#stroke(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, (event) => this.#release(event));
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
    this.canvas.addEventListener("blur", () => this.#moved(null));
    new ResizeObserver(() => this.draw()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show(values) {
    Object.assign(this.state, values);
    this.hint.hidden = this.state.points.length > 0;
    this.draw();
  }

  // --- where things are ---

  #fit(width, height) {
    let [x0, x1, y0, y1] = this.state.bounds;
    const [across, up] = [Math.max(width - EDGE.left - EDGE.right, 1), Math.max(height - EDGE.top - EDGE.bottom, 1)];
    const ratio = (x1 - x0) / (y1 - y0);
    if (ratio < 5 && ratio > 1 / 5) {
      // one scale for both axes: distances are what it is about
      const scale = Math.min(across / (x1 - x0), up / (y1 - y0));
      const [more, higher] = [across / scale - (x1 - x0), up / scale - (y1 - y0)];
      [x0, x1, y0, y1] = [x0 - more / 2, x1 + more / 2, y0 - higher / 2, y1 + higher / 2];
    }
    this.view = { x0, x1, y0, y1, across, up };
  }

  #at([x, y]) {
    const { x0, x1, y0, y1, across, up } = this.view;
    return [EDGE.left + ((x - x0) / (x1 - x0)) * across, EDGE.top + ((y1 - y) / (y1 - y0)) * up];
  }

  // The point under a pixel, rounded so that a file of it stays short.
  #point(px, py) {
    const { x0, x1, y0, y1, across, up } = this.view;
    const digits = Math.max(0, 3 - Math.round(Math.log10(Math.max(x1 - x0, y1 - y0))));
    const x = x0 + ((px - EDGE.left) / across) * (x1 - x0);
    const y = y1 - ((py - EDGE.top) / up) * (y1 - y0);
    return [Number(x.toFixed(Math.min(digits, 12))), Number(y.toFixed(Math.min(digits, 12)))];
  }

  // The center that can be moved, before the first half-step.
  #nearestCenter(px, py, reach) {
    return this.state.half || !this.state.start ? -1 : this.#nearest(px, py, this.state.start.centers, reach);
  }

  #nearest(px, py, places = this.state.points, reach = REACH) {
    let best = [-1, reach];
    places.forEach((point, i) => {
      const [x, y] = this.#at(point);
      const away = Math.hypot(x - px, y - py);
      if (away < best[1]) best = [i, away];
    });
    return best[0];
  }

  // --- hands ---

  #press(event) {
    const [px, py] = [event.offsetX, event.offsetY];
    if (this.erasing || event.shiftKey || event.button === 2) {
      const i = this.#nearest(px, py);
      if (i >= 0) this.remove(i);
    } else if (event.button === 0) {
      this.canvas.setPointerCapture(event.pointerId);
      const k = this.#nearestCenter(px, py, GRAB);
      if (k >= 0) {
        this.held = { k, from: [px, py], place: null };
        return;
      }
      this.last = [px, py];
      this.add([this.#point(px, py)]);
    }
  }

  // A center in hand is dropped; if it was not moved, the click adds a point, as elsewhere.
  #release(event) {
    const { held } = this;
    this.last = this.held = null;
    if (!held || event.type !== "pointerup") return this.draw();
    if (held.place) this.moveCenter(held.k, held.place);
    else this.add([this.#point(...held.from)]);
  }

  #stroke(event) {
    if (this.held) {
      const to = [event.offsetX, event.offsetY];
      if (this.held.place || Math.hypot(to[0] - this.held.from[0], to[1] - this.held.from[1]) > 3) this.held.place = this.#point(...to);
      this.draw();
      return;
    }
    if (!this.last || Math.hypot(event.offsetX - this.last[0], event.offsetY - this.last[1]) < GAP) return;
    this.last = [event.offsetX, event.offsetY];
    this.add([this.#point(...this.last)], true);
  }

  #key(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const { width, height } = this.canvas.getBoundingClientRect();
    const [x, y] = this.cursor ?? [width / 2, height / 2];
    const far = event.shiftKey ? 40 : 10;
    if (by) this.#moved([Math.min(Math.max(x + far * by[0], EDGE.left), width - EDGE.right), Math.min(Math.max(y + far * by[1], EDGE.top), height - EDGE.bottom)]);
    else if (event.key === "Enter" || event.key === " ") {
      this.#moved([x, y]);
      this.add([this.#point(x, y)]);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      const i = this.#nearest(x, y);
      if (i >= 0) this.remove(i);
    } else if (event.key === "c" && !event.ctrlKey && !event.metaKey) {
      const k = this.#nearestCenter(x, y, Infinity);
      this.#moved([x, y]);
      if (k >= 0) this.moveCenter(k, this.#point(x, y));
    } else return;
    event.preventDefault();
  }

  #moved(cursor) {
    this.cursor = cursor;
    this.draw();
  }

  // --- drawing ---

  draw() {
    const { width, height } = this.element.getBoundingClientRect();
    if (!width || !height) return;
    const dense = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * dense);
    this.canvas.height = Math.round(height * dense);
    const pen = this.canvas.getContext("2d");
    pen.scale(dense, dense);
    this.#fit(width, height);
    if (this.state.hard && this.state.half?.step === "assign") this.#areas(pen);
    this.#axes(pen, width, height);
    pen.save();
    pen.beginPath();
    pen.rect(EDGE.left, EDGE.top, this.view.across, this.view.up);
    pen.clip();
    this.#points(pen);
    this.#ellipses(pen);
    this.#ways(pen);
    pen.restore();
    this.#centers(pen);
    if (this.cursor) this.#cross(pen);
  }

  #axes(pen, width, height) {
    const { x0, x1, y0, y1, across, up } = this.view;
    const line = css("--other");
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = css("--muted");
    pen.strokeStyle = line;
    pen.lineWidth = 1;
    pen.strokeRect(EDGE.left + 0.5, EDGE.top + 0.5, across - 1, up - 1);
    const label = (value, step) => value.toFixed(Math.max(0, -Math.floor(Math.log10(step)))).replace("-", "−");
    const [dx, dy] = [tickStep(x1 - x0, across / 80), tickStep(y1 - y0, up / 60)];
    pen.textAlign = "center";
    for (let x = Math.ceil(x0 / dx) * dx; x <= x1; x += dx) {
      const [px] = this.#at([x, y0]);
      pen.fillRect(px, EDGE.top + up, 1, 4);
      pen.fillText(label(Math.abs(x) < dx / 1e6 ? 0 : x, dx), px, EDGE.top + up + 16);
    }
    pen.textAlign = "right";
    for (let y = Math.ceil(y0 / dy) * dy; y <= y1; y += dy) {
      const [, py] = this.#at([x0, y]);
      pen.fillRect(EDGE.left - 4, py, 4, 1);
      pen.fillText(label(Math.abs(y) < dy / 1e6 ? 0 : y, dy), EDGE.left - 7, py + 4);
    }
    const [across_name, up_name] = this.state.names;
    pen.textAlign = "right";
    if (across_name) pen.fillText(across_name, width - EDGE.right, height - 5);
    pen.textAlign = "left";
    if (up_name) pen.fillText(up_name, EDGE.left + 6, EDGE.top + 15);
  }

  // Who is nearest: the areas that an assignment cuts the plane into.
  #areas(pen) {
    const { colors, half } = this.state;
    const { x0, x1, y0, y1, across, up } = this.view;
    const [columns, rows] = [Math.ceil(across / CELL), Math.ceil(up / CELL)];
    const image = new ImageData(columns, rows);
    const shades = colors.map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
    for (let row = 0, at = 0; row < rows; row++) {
      const y = y1 - ((row + 0.5) / rows) * (y1 - y0);
      for (let column = 0; column < columns; column++, at += 4) {
        const x = x0 + ((column + 0.5) / columns) * (x1 - x0);
        let [best, least] = [0, Infinity];
        half.centers.forEach(([cx, cy], k) => {
          const squared = (x - cx) ** 2 + (y - cy) ** 2;
          if (squared < least) [best, least] = [k, squared];
        });
        image.data.set([...shades[best], 38], at);
      }
    }
    const small = new OffscreenCanvas(columns, rows);
    small.getContext("2d").putImageData(image, 0, 0);
    pen.drawImage(small, EDGE.left, EDGE.top, across, up);
  }

  // Points in the colors of their clusters, mixed by responsibility; gray before the first half-step.
  #points(pen) {
    const { points, colors, shares, hard, half } = this.state;
    const radius = Math.min(Math.max(Math.sqrt(3200 / (points.length + 60)), 2.2), 5);
    const shades = colors.map((color) => [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)));
    const gray = css("--muted");
    const rim = css("--page");
    pen.lineWidth = 1;
    points.forEach((point, i) => {
      const [x, y] = this.#at(point);
      let fill = gray;
      if (half && shares && hard) fill = colors[shares[i]];
      else if (half && shares) {
        const k = colors.length;
        const mixed = [0, 0, 0];
        for (let j = 0; j < k; j++) for (let c = 0; c < 3; c++) mixed[c] += (shares[i * k + j] / 255) * shades[j][c];
        fill = `rgb(${mixed.map(Math.round).join(" ")})`;
      }
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fillStyle = fill;
      pen.fill();
      if (radius > 3) {
        pen.strokeStyle = rim;
        pen.stroke();
      }
    });
  }

  // One and two standard deviations around each mean.
  #ellipses(pen) {
    const { half, start, colors } = this.state;
    const shown = half ?? start;
    if (!shown?.covariances) return;
    shown.covariances.forEach(([[a, b], [, c]], k) => {
      const l11 = Math.sqrt(a);
      const l21 = b / l11;
      const l22 = Math.sqrt(Math.max(c - l21 * l21, 0));
      for (const sigma of [1, 2]) {
        pen.beginPath();
        for (let i = 0; i <= 72; i++) {
          const [u, v] = [sigma * Math.cos((i * Math.PI) / 36), sigma * Math.sin((i * Math.PI) / 36)];
          pen.lineTo(...this.#at([shown.centers[k][0] + l11 * u, shown.centers[k][1] + l21 * u + l22 * v]));
        }
        pen.strokeStyle = colors[k];
        pen.lineWidth = sigma === 1 ? 2.4 : 1.2;
        pen.stroke();
      }
    });
  }

  // Where the centers come from.
  #ways(pen) {
    const { before, half } = this.state;
    if (!before || !half) return;
    pen.strokeStyle = css("--text");
    pen.lineWidth = 1.6;
    pen.setLineDash([2, 4]);
    half.centers.forEach((center, k) => {
      pen.beginPath();
      pen.moveTo(...this.#at(before[k]));
      pen.lineTo(...this.#at(center));
      pen.stroke();
    });
    pen.setLineDash([]);
  }

  #centers(pen) {
    const { half, start, colors } = this.state;
    const shown = half ?? start;
    if (!shown) return;
    const [text, page] = [css("--text"), css("--surface")];
    pen.lineCap = "round";
    shown.centers.forEach((center, k) => {
      const [x, y] = this.#at((this.held?.k === k && this.held.place) || center);
      for (const [color, wide] of [[page, 11], [text, 8.5], [colors[k], 5]]) {
        pen.strokeStyle = color;
        pen.lineWidth = wide;
        pen.beginPath();
        for (const side of [-1, 1]) {
          pen.moveTo(x - 6, y - 6 * side);
          pen.lineTo(x + 6, y + 6 * side);
        }
        pen.stroke();
      }
    });
    pen.lineCap = "butt";
  }

  #cross(pen) {
    const [x, y] = this.cursor;
    pen.strokeStyle = css("--accent");
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [dx, dy] of [[12, 0], [0, 12]]) {
      pen.moveTo(x - dx, y - dy);
      pen.lineTo(x + dx, y + dy);
    }
    pen.stroke();
  }
}
