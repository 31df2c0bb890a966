// The tab for palettes: a draft at once, the exact result behind it, and the colors themselves to take in hand.
import { choice, h, newest, painted, Past, slider, Turns, whole } from "./dom.js";
import { folder } from "./folder.js";
import { Swatches } from "./swatches.js";
import { upload } from "./server.js";
import { Viewer } from "./viewer.js";

const METHODS = { kmeans: "k-means", "soft-kmeans": "soft k-means", gmm: "Gaussian mixture" };
const SPACES = { rgb: "sRGB", oklab: "OKLab", lab: "CIELAB", linear: "linear light" };
const DITHERS = { none: "none", "floyd-steinberg": "Floyd–Steinberg", "blue-noise": "blue noise", ordered: "ordered", auto: "where smooth" };
const EFFORTS = { fast: "fast", default: "default", best: "best" };
const FORMATS = { png: "PNG", webp: "WebP", gif: "GIF", tif: "TIFF", bmp: "BMP" };
const FILES = { gpl: "GIMP .gpl", hex: ".hex", json: ".json", css: ".css", aco: ".aco", ase: ".ase", act: ".act", pal: ".pal", png: ".png" };
// fine where a color more is seen, coarse where it is not
const COUNTS = [...Array(31).keys()].map((i) => i + 2).concat([36, 40, 44, 48, 52, 56, 60, 64, 72, 80, 88, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256]);
const REST = 200; // ms that the sliders rest before the exact result is made

export const tab = { key: "palette", title: "Palette", needsPicture: true, mount };

function mount(panel, page) {
  const state = { n_colors: 16, method: "kmeans", color_space: "rgb", effort: "default", dither: "none", dither_strength: null, lock: [], own: null };
  let format = "png";
  let timer = 0;
  let hands = 0; // changes of colors by hand: results of before do not show theirs
  let loading = 0; // the latest palette file
  const turns = new Turns();

  const viewer = new Viewer({ before: "before", after: "after", onPoint: (x, y) => pick(x, y) });
  const set = (name) => (value, since) => change({ [name]: value }, since);
  const colors = slider("Colors", { min: 1, max: 256, value: state.n_colors, steps: COUNTS, change: set("n_colors") });
  const strength = slider("Strength", { min: 0, max: 1, step: 0.05, value: 1, change: set("dither_strength") });
  const method = choice("Method", METHODS, state.method, set("method"));
  const space = choice("Color space", SPACES, state.color_space, set("color_space"));
  const effort = choice("Effort", EFFORTS, state.effort, set("effort"));
  const dither = choice("Dithering", DITHERS, state.dither, (value) => change({ dither: value, dither_strength: null }));
  const swatches = new Swatches({ lock, edit, remove, add, unlock: searchAgain, complain: (words) => page.say(words, "error", "color"), sorted: (list) => state.own && take({ own: list }, list) });
  const figures = { error: h("dd"), size: h("dd"), time: h("dd") };
  const format_row = choice("Format", FORMATS, format, (value) => {
    format = value;
    refresh(performance.now());
  });
  const saved = choice("Palette", FILES, "gpl", () => {});
  const picker = h("button", { type: "button", ariaPressed: "false", onclick: () => picking(picker.ariaPressed !== "true") }, "Pick from picture");
  const past = new Past(panel, goBack, (field) => swatches.isResting(field));
  swatches.tools.append(picker, ...past.buttons);

  const chooser = h("input", { type: "file", accept: Object.keys(FILES).map((ending) => `.${ending}`).join(), hidden: true, ariaLabel: "Palette file to load", onchange: () => {
    if (chooser.files.length) load(chooser.files[0]);
    chooser.value = "";
  } });
  swatches.tools.append(chooser, h("button", { type: "button", id: "load-palette", title: "Use the colors of a palette file; it can be dropped on the page, too", onclick: () => chooser.click() }, "Load…"));

  panel.append(
    h("div", { className: "controls" },
      h("dl", { className: "figures" }, ...[["PSNR", figures.error], ["Size", figures.size], ["Shown in", figures.time]].map(([title, value]) => h("div", {}, h("dt", {}, title), value))),
      h("fieldset", {}, h("legend", {}, "Search"), colors.row, method.row, space.row, effort.row),
      h("fieldset", {}, h("legend", {}, "Pixels"), dither.row, strength.row),
      h("fieldset", {}, h("legend", {}, "Colors"), swatches.element),
      h("fieldset", {}, h("legend", {}, "Files"), h("div", { className: "pair" }, format_row.row,
        h("button", { type: "button", className: "main", id: "download", onclick: () => page.download("palette", wish()) }, "Download")),
      h("div", { className: "pair" }, saved.row, h("button", { type: "button", id: "save-palette", onclick: savePalette }, "Save"))),
      folder(page, "palette/preset", wish),
    ),
    viewer.element,
  );

  // --- what is asked for ---

  const text = (list) => (list?.length ? list.join(",") : null);

  function wish() {
    const { own, lock: locked, ...rest } = state;
    return { parameters: { ...rest, lock: text(locked), palette: text(own) }, format };
  }

  function change(values, since = performance.now()) {
    Object.assign(state, values);
    if (!state.own && state.lock.length > state.n_colors) {
      state.n_colors = state.lock.length;
      colors.set(state.n_colors);
    }
    reflect();
    refresh(since);
  }

  function reflect() {
    const isDithered = state.dither !== "none";
    strength.row.hidden = !isDithered || state.dither === "auto";
    if (state.dither_strength === null) strength.set(state.dither === "floyd-steinberg" ? 0.85 : 1);
    for (const input of [colors.range, colors.field, method.select, effort.select]) input.disabled = state.own !== null;
  }

  function refresh(since) {
    if (!page.picture) return;
    const now = { turn: turns.next(), since, wish: wish(), picture: page.picture, hands };
    clearTimeout(timer);
    viewer.say("working …", "draft");
    draw(now);
  }

  const isCurrent = (now) => now.turn === turns.last;

  const draw = newest(async (now) => {
    const made = await page.attempt(() => page.ask("palette/draft", now.wish), "palette");
    if (now.picture !== page.picture) return;
    if (made !== null) show(made, now);
    const end = await painted();
    tellLines(now);
    if (made === null) return failed(now);
    performance.measure("studio palette", { start: now.since, end });
    figures.time.textContent = `${Math.round(end - now.since)} ms`;
    if (!isCurrent(now)) return;
    if (made.exact) finish(now);
    else {
      viewer.say(made.width === page.picture.width ? "draft: fast search" : `preview at 1/${Math.round(page.picture.full[0] / made.width)} of the size`, "draft");
      timer = setTimeout(() => complete(now), REST);
    }
  });

  const complete = newest(async (now) => {
    if (!isCurrent(now)) return;
    viewer.say(viewer.badge.textContent.replace(/, making .*|$/, ", making the full result …"), "draft");
    const made = await page.attempt(() => page.ask("palette/exact", now.wish), "palette");
    if (!isCurrent(now)) return;
    if (made === null) return failed(now, "full result ");
    show(made, now);
    const end = await painted();
    performance.measure("studio palette exact", { start: now.since, end });
    finish(now);
  });

  function failed(now, what = "") {
    if (isCurrent(now)) viewer.say(`${what}not made: see above`, "draft");
    turns.end(now.turn, false);
  }

  function finish(now) {
    turns.end(now.turn);
    if (!isCurrent(now)) return;
    viewer.say("full result", "exact");
    figures.size.textContent = "…";
    timer = setTimeout(() => weigh(now), REST);
  }

  const weigh = newest(async (now) => {
    if (!isCurrent(now)) return;
    const found = await page.attempt(() => page.ask("palette/size", now.wish), "palette");
    if (!isCurrent(now)) return;
    if (found === null) {
      figures.size.textContent = "";
      return;
    }
    figures.size.textContent = size(found.bytes);
    if (found.lost) viewer.say(`full result; ${FORMATS[format]} does not keep ${found.lost}`, "draft");
  });

  const size = (bytes) => `${whole(bytes)} B, ${Math.round((100 * bytes) / page.picture.bytes)} %`;

  const tellLines = newest(async (now) => {
    if (now.picture !== page.picture || !isCurrent(now)) return;
    const found = await page.attempt(() => page.ask("palette/lines", now.wish), "palette lines");
    // those of a download may be newer
    if (found === null || now.picture !== page.picture || !isCurrent(now)) return;
    page.lines("palette", found.command, found.python);
  });

  function show(made, now) {
    const [indices, table] = made.parts;
    viewer.paint(made, indices, table);
    if (now.hands === hands) swatches.show(made.colors, indices, made.deep, state.own ?? state.lock, state.own !== null);
    figures.error.textContent = made.lossless ? "lossless" : made.psnr === null ? "∞ dB" : `${made.psnr.toFixed(2)} dB`;
    if (made.about_bytes) figures.size.textContent = `about ${whole(Math.round(made.about_bytes / 1000))} kB`;
  }

  // --- colors taken in hand ---

  const opaque = (color) => color.slice(0, 7);

  // Change colors; `shown` are seen at once, as the next click or key may mean one of them.
  function take(values, shown = swatches.given) {
    const { own, lock: locked, n_colors } = state;
    const was = { state: { own, lock: locked }, shown: swatches.given };
    past.keep(was);
    put(values, shown);
    // a number of colors that the change has raised goes back with it, one of the slider does not
    if (state.n_colors !== n_colors) was.state.n_colors = n_colors;
  }

  function put(values, shown) {
    hands++;
    page.unsay("palette file");
    page.unsay("color");
    Object.assign(state, values);
    swatches.expect([...new Set(shown)], state.own ?? state.lock, state.own !== null);
    change({});
  }

  function goBack(was) {
    const left = Object.fromEntries(Object.keys(was.state).map((name) => [name, state[name]]));
    const now = { state: left, shown: swatches.given };
    put(was.state, was.shown);
    colors.set(state.n_colors);
    return now;
  }

  function lock(color) {
    const locked = state.lock.includes(color);
    take({ lock: locked ? state.lock.filter((other) => other !== color) : [...state.lock, opaque(color)] });
  }

  function edit(color, next) {
    if (next === color) return;
    const shown = swatches.given.map((other) => (other === color ? next : other));
    if (state.own) take({ own: [...new Set(shown)] }, shown);
    else take({ lock: [...new Set([...state.lock.filter((other) => other !== color), next])] }, shown);
  }

  function remove(color) {
    const left = swatches.colors.filter((other) => other !== color);
    if (left.length) take({ own: left, lock: state.lock.filter((other) => other !== color) }, left);
  }

  function add(color) {
    const shown = [...swatches.given, color];
    if (state.own) take({ own: [...new Set(shown)] }, shown);
    else if (!state.lock.includes(color)) take({ lock: [...state.lock, color] }, shown);
  }

  function searchAgain() {
    take({ own: null });
  }

  function picking(on) {
    picker.ariaPressed = String(on);
    viewer.frame.classList.toggle("picking", on);
  }

  function pick(x, y) {
    if (picker.ariaPressed !== "true") return null;
    const { width, height, data } = viewer.original;
    const [across, down] = [Math.floor((x * width) / viewer.size[0]), Math.floor((y * height) / viewer.size[1])];
    const at = 4 * (down * width + across);
    if (data[at + 3] === 0) return page.say("The picture is clear there; pick a place that has a color.", "", "done");
    return add(`#${[...data.slice(at, at + 3)].map((shade) => shade.toString(16).padStart(2, "0")).join("")}`);
  }

  async function load(file) {
    const now = ++loading;
    const found = await page.attempt(() => upload(file, "palette/open"), "palette file");
    if (found !== null && now === loading) take({ own: found.colors }, found.colors);
  }

  // The colors of the full result, for which it may have to wait.
  async function savePalette() {
    const ending = saved.select.value;
    const { stem } = page.picture;
    if (!(state.own || (await turns.settled()))) return;
    page.give("palette/save", { colors: swatches.colors.join(","), format: ending, name: stem }, `${stem || "palette"}.${ending}`);
  }

  reflect();
  return {
    show() {
      viewer.fit();
    },
    // A palette file that was dropped on the page; a .png is a picture.
    take(file) {
      const isPalette = /\.(gpl|hex|json|css|aco|ase|act|pal)$/i.test(file.name);
      if (isPalette) load(file);
      return isPalette;
    },
    opened(picture) {
      page.unsay("palette");
      for (const option of method.select.options) option.disabled = picture.channels === 4 && option.value !== "kmeans";
      if (method.select.selectedOptions[0].disabled) method.select.value = state.method = "kmeans";
      viewer.open(picture, picture.pixels);
      refresh(performance.now());
    },
  };
}
