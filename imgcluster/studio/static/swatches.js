// The colors of a palette as buttons: one is chosen, and can be locked, edited and removed.
import { choice, h, whole } from "./dom.js";

const ORDERS = { given: "as written", share: "by share", light: "by lightness", hue: "by hue" };

const shades = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
const lightness = ([r, g, b]) => 0.2126 * r * r + 0.7152 * g * g + 0.0722 * b * b;

function hue([r, g, b]) {
  const [low, high] = [Math.min(r, g, b), Math.max(r, g, b)];
  const width = high - low;
  if (width < 12) return -1000 + high; // grays first
  if (high === r) return (60 * (g - b)) / width;
  return high === g ? 120 + (60 * (b - r)) / width : 240 + (60 * (r - g)) / width;
}

export class Swatches {
  // What is done to colors is for others to decide: `does` has lock, edit, remove, add, unlock, sorted and complain.
  constructor(does) {
    this.does = does;
    this.given = [];
    this.colors = [];
    this.shares = new Map();
    this.at = 0; // the button that Tab leads to
    this.fixed = new Set();
    this.isOwn = false;
    this.chosen = null;
    this.list = h("ul", { className: "swatches", ariaLabel: "Colors of the palette" });
    this.order = choice("Order", ORDERS, "given", () => this.sort(true));
    this.field = h("input", { type: "color", ariaLabel: "Change the color", onchange: () => this.#edit(this.field.value) });
    this.hex = h("input", { type: "text", className: "hex", spellcheck: false, ariaLabel: "Color as #rrggbb", onchange: () => this.#edit(this.hex.value.trim()) });
    this.locker = h("button", { type: "button", onclick: () => does.lock(this.chosen) });
    this.remover = h("button", { type: "button", onclick: () => this.#remove() }, "Remove");
    this.share = h("span", { className: "share" });
    this.editor = h("div", { className: "editor", hidden: true }, this.field, this.hex, this.locker, this.remover, this.share);
    this.adder = h("input", { type: "color", value: "#ff0000", ariaLabel: "Color to add" });
    this.tools = h("div", { className: "buttons" }, h("span", { className: "adder" }, this.adder,
      h("button", { type: "button", onclick: () => does.add(this.adder.value) }, "Add")));
    this.state = h("p", { className: "hint" });
    this.again = h("button", { type: "button", hidden: true, onclick: () => does.unlock() }, "Search again");
    this.element = h("div", {}, this.list, this.editor, this.tools, this.order.row, h("div", { className: "buttons" }, this.state, this.again));
    this.list.addEventListener("keydown", (event) => this.#walk(event));
  }

  // Show the colors of a result; `kept` are those that are locked, or all if they are `own` ones.
  show(colors, indices, deep, kept, isOwn) {
    const counts = new Float64Array(colors.length);
    const numbers = deep === 2 ? new Uint16Array(indices.slice().buffer) : indices;
    for (let i = 0; i < numbers.length; i++) counts[numbers[i]]++;
    this.shares = new Map(colors.map((color, i) => [color, counts[i] / numbers.length]));
    this.expect(colors, kept, isOwn);
  }

  // Show colors before there is a result with them.
  expect(colors, kept, isOwn) {
    this.given = colors;
    this.fixed = new Set(kept);
    this.isOwn = isOwn;
    this.sort(false);
  }

  sort(isChosen) {
    const keys = {
      given: (color, i) => i,
      share: (color) => -(this.shares.get(color) ?? 0),
      light: (color) => lightness(shades(color)),
      hue: (color) => hue(shades(color)),
    };
    const key = keys[this.order.select.value];
    const rows = this.given.map((color, i) => ({ color, key: key(color, i) })).sort((a, b) => a.key - b.key);
    this.colors = rows.map((row) => row.color);
    if (this.chosen !== null && !this.colors.includes(this.chosen)) this.chosen = this.#nearest(this.chosen);
    this.#draw();
    if (isChosen) this.does.sorted(this.colors);
  }

  // The color that a search has found in place of one.
  #nearest(color) {
    const away = (other) => shades(other).reduce((sum, shade, i) => sum + (shade - shades(color)[i]) ** 2, 1e6 * Math.abs(other.length - color.length));
    return this.colors.reduce((best, other) => (away(other) < away(best) ? other : best), this.colors[0] ?? null);
  }

  // Buttons stay where they are: one that a result replaced under the pointer would lose the click.
  #draw() {
    const hasFocus = this.list.contains(document.activeElement);
    const { children } = this.list;
    while (children.length > this.colors.length) this.list.lastChild.remove();
    while (children.length < this.colors.length) {
      const i = children.length;
      this.list.append(h("li", {}, h("button", { type: "button", onclick: () => this.#choose(i) })));
    }
    this.at = Math.max(0, Math.min(this.at, this.colors.length - 1));
    this.colors.forEach((color, i) => {
      const isLocked = !this.isOwn && this.fixed.has(color);
      const button = children[i].firstChild;
      Object.assign(button, { title: color, ariaLabel: `${color}${isLocked ? ", locked" : ""}`, ariaPressed: String(color === this.chosen), tabIndex: i === this.at ? 0 : -1 });
      button.style.setProperty("--color", color);
      button.classList.toggle("locked", isLocked);
    });
    if (hasFocus) children[this.at]?.firstChild.focus({ preventScroll: true });
    const n = this.colors.length;
    this.state.textContent = this.isOwn
      ? `${whole(n)} colors of your own; the picture takes the nearest.`
      : `${whole(n)} color${n === 1 ? "" : "s"}${this.fixed.size ? `, ${this.fixed.size} locked` : ""}.`;
    this.again.hidden = !this.isOwn;
    this.#tell();
  }

  #tell() {
    this.editor.hidden = this.chosen === null;
    if (this.chosen === null) return;
    const isClear = this.chosen.length > 7;
    this.field.value = this.chosen.slice(0, 7);
    // a result must not take away what is being typed
    const isTyped = document.activeElement === this.hex && !this.isResting(this.hex);
    if (!isTyped) this.told = this.hex.value = this.chosen;
    this.locker.hidden = this.isOwn || isClear;
    this.locker.textContent = this.fixed.has(this.chosen) ? "Unlock" : "Lock";
    this.share.textContent = `${(100 * (this.shares.get(this.chosen) ?? 0)).toFixed(1)} %`;
  }

  // Whether a field is that of the color, and nothing new is typed in it.
  isResting(field) {
    return field === this.hex && this.hex.value === this.told;
  }

  #choose(i) {
    this.at = i;
    this.chosen = this.chosen === this.colors[i] ? null : this.colors[i];
    this.#draw();
  }

  #edit(next) {
    this.told = this.hex.value;
    const isColor = /^#[0-9a-f]{6}$/i.test(next);
    this.does.complain(isColor || !next ? "" : `${next} is not a color; write it as #rrggbb`);
    if (!isColor) return this.#tell();
    const color = this.chosen;
    this.chosen = next.toLowerCase();
    return this.does.edit(color, this.chosen);
  }

  #remove(color = this.chosen) {
    if (this.colors.length === 1) return;
    if (color === this.chosen) this.chosen = null;
    this.does.remove(color);
  }

  #walk(event) {
    const buttons = [...this.list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const across = Math.max(1, buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -at, End: buttons.length - 1 - at }[event.key];
    if (event.key === "Delete" && at >= 0) this.#remove(this.colors[at]);
    else if (by !== undefined && buttons[at + by]) {
      this.at = at + by;
      buttons[at].tabIndex = -1;
      buttons[this.at].tabIndex = 0;
      buttons[this.at].focus();
    } else return;
    event.preventDefault();
  }
}
