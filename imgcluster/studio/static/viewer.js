// A picture before and after: a divider that is dragged, zoom and pan; both sides always in step.
import { h } from "./dom.js";

const FACTORS = [1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

export class Viewer {
  // `labels` name the two sides; `onPoint(x, y, event)` is told of a click, in pixels of the whole picture.
  constructor({ before, after, divider = 500, onPoint = null, onDrag = null }) {
    this.onPoint = onPoint;
    this.onDrag = onDrag;
    this.size = [1, 1];
    this.zoom = 1;
    this.offset = [0, 0];
    this.fits = true;
    this.before = h("canvas", { role: "img", ariaLabel: before });
    this.after = h("canvas", { role: "img", ariaLabel: after });
    this.marks = h("canvas", { ariaHidden: "true" });
    this.cover = h("div", { className: "layer cover" }, this.before);
    this.divider = h("input", { type: "range", className: "divider", min: 0, max: 1000, value: divider, ariaLabel: `Divider: ${before} on the left` });
    this.handle = h("div", { className: "handle", ariaHidden: "true" });
    this.badge = h("div", { className: "badge", hidden: true });
    this.left = h("span", { className: "tag left" }, before);
    this.right = h("span", { className: "tag right" }, after);
    this.frame = h("div", { className: "frame", tabIndex: 0, role: "group", ariaLabel: "Picture. Plus and minus zoom, arrows move it, 0 fits it, 1 shows its pixels." },
      h("div", { className: "layer" }, this.after, this.marks), this.cover, this.handle, this.divider, this.left, this.right, this.badge);
    const button = (text, label, act) => h("button", { type: "button", ariaLabel: label, title: label, onclick: act }, text);
    this.scale = h("output", { className: "scale" });
    this.tools = h("div", { className: "zoom" }, button("−", "Zoom out", () => this.zoomBy(-1)), this.scale,
      button("+", "Zoom in", () => this.zoomBy(1)), button("Fit", "Fit into the frame", () => this.fit()), button("1:1", "1:1, a pixel for a pixel", () => this.zoomTo(this.unit)));
    this.element = h("div", { className: "viewer" }, this.frame, this.tools);
    this.#listen();
    new ResizeObserver(() => (this.fits ? this.fit() : this.place())).observe(this.frame);
  }

  // CSS pixels that a pixel of the picture takes at 1:1
  get unit() {
    return 1 / devicePixelRatio;
  }

  // Show another picture: its pixels (RGB or RGBA), and the size of the whole if some are left out.
  open({ width, height, channels, full }, pixels) {
    this.size = full;
    const image = new ImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    if (channels === 4) image.data.set(pixels);
    else for (let i = 0, j = 0; i < words.length; i++, j += 3) words[i] = 0xff000000 | (pixels[j + 2] << 16) | (pixels[j + 1] << 8) | pixels[j];
    this.original = image;
    this.#put(this.before, image);
    this.#put(this.after, image);
    this.marks.width = this.marks.height = 0;
    this.frame.classList.toggle("clear", channels === 4);
    this.fit();
  }

  // Show indices in the colors of a table of RGBA.
  paint({ width, height, deep }, indices, table) {
    const numbers = deep === 2 ? new Uint16Array(indices.slice().buffer) : indices;
    const colors = new Uint32Array(table.slice().buffer);
    const image = new ImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i++) words[i] = colors[numbers[i]];
    this.put(image);
  }

  // Show an image after.
  put(image) {
    this.#put(this.after, image);
    this.place();
  }

  // Lay an image over what is shown, or take it away.
  mark(image) {
    if (image) this.#put(this.marks, image);
    else this.marks.width = this.marks.height = 0;
    this.place();
  }

  #put(canvas, image) {
    if (canvas.width !== image.width || canvas.height !== image.height) [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  say(text, kind = "") {
    this.badge.hidden = !text;
    this.badge.textContent = text;
    this.badge.dataset.kind = kind;
  }

  fit() {
    const { clientWidth, clientHeight } = this.frame;
    if (!clientWidth) return;
    const whole = Math.min(clientWidth / this.size[0], clientHeight / this.size[1]);
    this.fits = true;
    this.zoom = whole > this.unit ? Math.max(Math.floor(whole / this.unit), 1) * this.unit : whole;
    this.offset = [(clientWidth - this.size[0] * this.zoom) / 2, (clientHeight - this.size[1] * this.zoom) / 2];
    this.place();
  }

  zoomBy(steps, at = null) {
    const now = this.zoom / this.unit;
    const next = steps > 0 ? FACTORS.find((f) => f > now * 1.01) : FACTORS.findLast((f) => f < now * 0.99);
    if (next) this.zoomTo(next * this.unit, at);
  }

  zoomTo(zoom, at = null) {
    const [x, y] = at ?? [this.frame.clientWidth / 2, this.frame.clientHeight / 2];
    const ratio = zoom / this.zoom;
    this.fits = false;
    this.offset = [x - (x - this.offset[0]) * ratio, y - (y - this.offset[1]) * ratio];
    this.zoom = zoom;
    this.place();
  }

  move(x, y) {
    this.fits = false;
    this.offset = [this.offset[0] + x, this.offset[1] + y];
    this.place();
  }

  place() {
    const { clientWidth, clientHeight } = this.frame;
    [clientWidth, clientHeight].forEach((room, axis) => {
      const length = this.size[axis] * this.zoom;
      // a picture that is larger than the frame covers it, a smaller one stays in it
      const [low, high] = length > room ? [room - length, 0] : [(room - length) / 2, (room - length) / 2];
      this.offset[axis] = Math.round(Math.min(Math.max(this.offset[axis], low), high) * devicePixelRatio) / devicePixelRatio;
    });
    for (const canvas of [this.before, this.after, this.marks]) {
      const scale = canvas.width ? (this.size[0] * this.zoom) / canvas.width : 1;
      const tall = canvas.height ? (this.size[1] * this.zoom) / canvas.height : 1;
      canvas.style.transform = `translate(${this.offset[0]}px, ${this.offset[1]}px) scale(${scale}, ${tall})`;
      canvas.style.imageRendering = scale * devicePixelRatio >= 1 ? "pixelated" : "auto";
    }
    const percent = (100 * this.zoom) / this.unit;
    this.scale.textContent = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
    this.#slide();
  }

  #slide() {
    this.frame.style.setProperty("--at", `${this.divider.value / 10}%`);
  }

  // The pixel of the whole picture below a place on the screen.
  pixelAt(event) {
    const box = this.frame.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((place, axis) => Math.floor((place - this.offset[axis]) / this.zoom));
  }

  isInside([x, y]) {
    return x >= 0 && y >= 0 && x < this.size[0] && y < this.size[1];
  }

  #listen() {
    const { frame } = this;
    this.divider.addEventListener("input", () => this.#slide());
    let from = null;
    let moved = false;
    const touches = new Map();
    frame.addEventListener("pointerdown", (event) => {
      if (event.target === this.divider || event.button > 0) return;
      touches.set(event.pointerId, event);
      frame.setPointerCapture(event.pointerId);
      from = event;
      moved = false;
      frame.focus({ preventScroll: true });
      if (touches.size === 1) this.onDrag?.("start", this.pixelAt(event), event);
      event.preventDefault();
    });
    frame.addEventListener("pointermove", (event) => {
      if (!touches.has(event.pointerId)) return;
      const last = touches.get(event.pointerId);
      if (Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > 3) moved = true;
      if (touches.size === 2) this.#pinch(touches, event);
      else if (this.onDrag?.("move", this.pixelAt(event), event)) moved = true;
      else if (moved) this.move(event.clientX - last.clientX, event.clientY - last.clientY);
      touches.set(event.pointerId, event);
    });
    const end = (event) => {
      if (!touches.delete(event.pointerId)) return;
      const taken = this.onDrag?.("end", this.pixelAt(event), event);
      if (!taken && !moved && event.type === "pointerup" && this.isInside(this.pixelAt(event))) this.onPoint?.(...this.pixelAt(event), event);
    };
    frame.addEventListener("pointerup", end);
    frame.addEventListener("pointercancel", end);
    frame.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      this.zoomBy(event.deltaY < 0 ? 1 : -1, [event.clientX - box.left, event.clientY - box.top]);
    }, { passive: false });
    const arrows = { ArrowLeft: [48, 0], ArrowRight: [-48, 0], ArrowUp: [0, 48], ArrowDown: [0, -48] };
    frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "+" || event.key === "=") this.zoomBy(1);
      else if (event.key === "-") this.zoomBy(-1);
      else if (event.key === "0") this.fit();
      else if (event.key === "1") this.zoomTo(this.unit);
      else if (event.key in arrows && event.target === frame) this.move(...arrows[event.key]);
      else return;
      event.preventDefault();
    });
  }

  #pinch(touches, event) {
    const [other] = [...touches.values()].filter((touch) => touch.pointerId !== event.pointerId);
    const last = touches.get(event.pointerId);
    const far = (touch) => Math.hypot(touch.clientX - other.clientX, touch.clientY - other.clientY) || 1;
    const box = this.frame.getBoundingClientRect();
    this.zoomTo(Math.min(Math.max((this.zoom * far(event)) / far(last), this.unit / 16), this.unit * 32), [other.clientX - box.left, other.clientY - box.top]);
  }
}
