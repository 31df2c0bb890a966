// Segments as the page draws them: their borders on the photo, in their mean colors, or in colors of their own.
import { MergeTree } from "./merging.js";

const BORDER = 0xff00e6ff; // the yellow of the command, as ABGR
const SELECTED = 0x70ff7a3d;
const SELECTED_BORDER = 0xffffffff;

export class Segments {
  constructor({ width, height, deep, n_segments, parts }) {
    const [labels, merges, colors, areas] = parts.map((part) => part.slice().buffer);
    Object.assign(this, { width, height, n: n_segments });
    this.labels = deep === 2 ? new Uint16Array(labels) : new Uint32Array(labels);
    this.colors = new Uint8Array(colors);
    this.areas = new Uint32Array(areas);
    this.total = this.areas.reduce((sum, area) => sum + area, 0);
    this.tree = new MergeTree(n_segments, new Uint32Array(merges));
  }

  labelAt(x, y, [fullWidth, fullHeight]) {
    const [across, down] = [Math.floor((x * this.width) / fullWidth), Math.floor((y * this.height) / fullHeight)];
    return this.labels[down * this.width + across];
  }

  // All segments that are one when so many are left.
  together(label, root) {
    const found = [];
    for (let i = 0; i < this.n; i++) if (root[i] === root[label]) found.push(i);
    return found;
  }

  draw(style, root, photo) {
    if (style === "overlay") return this.#overlay(root, photo);
    const table = style === "mosaic" ? this.#means(root) : this.#distinct(root);
    const image = new ImageData(this.width, this.height);
    const words = new Uint32Array(image.data.buffer);
    const { labels } = this;
    for (let i = 0; i < words.length; i++) words[i] = table[labels[i]];
    return image;
  }

  #means(root) {
    const sums = new Float64Array(4 * this.n);
    for (let i = 0; i < this.n; i++) {
      const at = 4 * root[i];
      for (let c = 0; c < 3; c++) sums[at + c] += this.areas[i] * this.colors[3 * i + c];
      sums[at + 3] += this.areas[i];
    }
    return Uint32Array.from(root, (r) => {
      const [red, green, blue] = [0, 1, 2].map((c) => Math.round(sums[4 * r + c] / sums[4 * r + 3]));
      return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
    });
  }

  #distinct(root) {
    // numbers far from each other for neighbors, as bits of a product are
    return Uint32Array.from(root, (r) => (0xff000000 | (Math.imul(r + 1, 0x9e3779b1) >>> 8) | 0x202020) >>> 0);
  }

  #overlay(root, photo) {
    const image = new ImageData(this.width, this.height);
    const words = new Uint32Array(image.data.buffer);
    words.set(this.#photo(photo));
    this.#borders(root, (i) => (words[i] = BORDER));
    return image;
  }

  // The photo at the size of the labels.
  #photo(photo) {
    const all = new Uint32Array(photo.data.buffer);
    if (photo.width === this.width && photo.height === this.height) return all;
    if (this.kept?.photo === photo) return this.kept.words;
    const words = new Uint32Array(this.width * this.height);
    for (let y = 0, i = 0; y < this.height; y++) {
      const row = Math.floor((y * photo.height) / this.height) * photo.width;
      for (let x = 0; x < this.width; x++, i++) words[i] = all[row + Math.floor((x * photo.width) / this.width)];
    }
    this.kept = { photo, words };
    return words;
  }

  // Call a function for each pixel beside a border, thicker where a picture is scaled down to the screen.
  #borders(table, mark) {
    const { labels, width, height } = this;
    const thick = Math.max(1, Math.round(Math.max(width, height) / 1500));
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const own = table[labels[i]];
        if ((x + 1 < width && table[labels[i + 1]] !== own) || (y + 1 < height && table[labels[i + width]] !== own)) {
          mark(i);
          for (let t = 1; t < thick; t++) {
            if (x >= t) mark(i - t);
            if (y >= t) mark(i - t * width);
          }
        }
      }
    }
  }

  drawSelection(selected) {
    const image = new ImageData(this.width, this.height);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; i++) if (selected[this.labels[i]]) words[i] = SELECTED;
    this.#borders(selected, (i) => (words[i] = SELECTED_BORDER));
    return image;
  }

  // A selection of other segments of the same picture: what lies in it for the most part.
  taken(other, selected) {
    const inside = new Float64Array(this.n);
    const counts = new Float64Array(this.n);
    for (let y = 0, i = 0; y < this.height; y++) {
      const row = Math.floor((y * other.height) / this.height) * other.width;
      for (let x = 0; x < this.width; x++, i++) {
        const at = row + Math.floor((x * other.width) / this.width);
        counts[this.labels[i]]++;
        inside[this.labels[i]] += selected[other.labels[at]];
      }
    }
    return Uint8Array.from(inside, (sum, i) => (2 * sum > counts[i] ? 1 : 0));
  }
}
