// The tab for superpixels: the number of segments cuts a tree in the page, and segments are selected by hand.
import { choice, h, newest, painted, Past, slider, Turns, whole } from "./dom.js";
import { folder } from "./folder.js";
import { Segments } from "./segments.js";
import { Viewer } from "./viewer.js";

const METHODS = { boundary: "boundary k-means", slic: "SLIC", gmm: "Gaussian mixture" };
const EFFORTS = { fast: "fast", default: "default", best: "best" };
const STYLES = { overlay: "borders", mosaic: "mosaic", labels: "labels" };
const KINDS = { picture: "Picture .png", mask: "Mask .png", labels: "Labels .png", "labels-tif": "Labels .tif", "labels-npy": "Labels .npy", geojson: "GeoJSON", coco: "COCO .json" };
const REST = 200; // ms that the sliders rest before the exact result is made
const COUNTS = [];
for (let n = 1; n < 5000; n += Math.max(1, Math.round(n / 24))) COUNTS.push(n);
COUNTS.push(5000);

export const tab = { key: "superpixels", title: "Superpixels", needsPicture: true, mount };

function mount(panel, page) {
  const state = { n_segments: 1000, method: "boundary", compactness: null, effort: "default" };
  const view = { left: 300, style: "overlay", kind: "picture" };
  let segments = null;
  let root = null;
  let selected = null;
  let clicked = new Set();
  let hand = null; // what was selected last, and on which segments: others take it over from those
  const turns = new Turns();
  let timer = 0;
  let opened = null;
  let isStale = true;
  let adding = null;

  const viewer = new Viewer({ before: "photo", after: "segments", divider: 120, onDrag: drag });
  const set = (name) => (value, since) => change({ [name]: value }, since);
  const left = slider("Segments", { min: 1, max: 5000, value: view.left, steps: COUNTS, change: (value, since) => cut(value, since) });
  const finest = slider("Merged from", { min: 1, max: 5000, value: state.n_segments, steps: COUNTS, change: set("n_segments") });
  const compact = slider("Compactness", { min: 0, max: 50, step: 0.5, value: 10, change: (value, since) => change({ compactness: value }, since) });
  const auto = h("button", { type: "button", className: "small", ariaPressed: "true", onclick: () => change({ compactness: null }) }, "by method");
  const method = choice("Method", METHODS, state.method, set("method"));
  const effort = choice("Effort", EFFORTS, state.effort, set("effort"));
  const style = choice("Show", STYLES, view.style, (value) => look({ style: value }));
  const kind = choice("File", KINDS, view.kind, (value) => look({ kind: value }));
  const figures = { n: h("dd"), part: h("dd"), time: h("dd") };
  const button = (text, act) => h("button", { type: "button", onclick: act }, text);
  const selecting = h("button", { type: "button", ariaPressed: "true", onclick: () => mode(true) }, "Select");
  const moving = h("button", { type: "button", ariaPressed: "false", onclick: () => mode(false) }, "Move");
  const tools = { grow: button("Grow", grow), shrink: button("Shrink", shrink), clear: button("Clear", clear) };
  const past = new Past(panel, goBack); // selections of before
  const cursor = h("div", { className: "cursor", hidden: true, ariaHidden: "true" });
  const spoken = h("p", { className: "unseen", role: "status" });
  viewer.frame.append(cursor);

  panel.append(
    h("div", { className: "controls" },
      h("dl", { className: "figures" }, [["Segments", figures.n], ["Selected", figures.part], ["Shown in", figures.time]].map(([title, value]) => h("div", {}, h("dt", {}, title), value))),
      h("fieldset", {}, h("legend", {}, "Number"), left.row, finest.row),
      h("fieldset", {}, h("legend", {}, "Search"), compact.row, h("div", { className: "buttons" }, auto), method.row, effort.row),
      h("fieldset", {}, h("legend", {}, "Selection"),
        h("div", { className: "buttons" }, h("div", { className: "joined", role: "group", ariaLabel: "What dragging does" }, selecting, moving), past.buttons),
        h("div", { className: "buttons" }, Object.values(tools)),
        h("p", { className: "hint" }, "Click or drag over segments. Keys on the picture: arrows and Space, Shift+arrows move it.")),
      h("fieldset", {}, h("legend", {}, "Files"), style.row, h("div", { className: "pair" }, kind.row,
        h("button", { type: "button", className: "main", id: "download-segments", onclick: download }, "Download"))),
      folder(page, "superpixels/preset", wish),
      spoken),
    viewer.element,
  );

  // --- what is asked for ---

  function wish() {
    const merge = segments && view.left < segments.n ? Math.max(view.left, segments.tree.fewest) : null;
    const labels = view.kind === "mask" && selected ? [...selected.keys()].filter((label) => selected[label]) : [];
    return { parameters: state, merge, style: view.style, kind: view.kind, selected: labels };
  }

  function change(values, since = performance.now()) {
    Object.assign(state, values);
    auto.ariaPressed = String(state.compactness === null);
    if (state.compactness === null) compact.set(state.method === "slic" ? 6 : 10); // what the library takes
    refresh(since);
  }

  function refresh(since) {
    isStale = panel.hidden;
    if (!page.picture || isStale) return;
    clearTimeout(timer);
    viewer.say("working …", "draft");
    draw({ turn: turns.next(), since, parameters: { ...state }, picture: page.picture });
  }

  const isCurrent = (now) => now.turn === turns.last;
  const asked = (route, { parameters }) => page.attempt(() => page.ask(route, { parameters }), "superpixels");

  function failed(now, what = "") {
    if (isCurrent(now)) viewer.say(`${what}not made: see above`, "draft");
    turns.end(now.turn, false);
  }

  function finish(now) {
    if (isCurrent(now)) viewer.say("full result", "exact");
    turns.end(now.turn);
    tellLines();
  }

  // Labels and numbers in a wish are those of the full result.
  async function download() {
    if (view.kind === "mask" && !selected?.includes(1)) page.say("Nothing is selected; select segments for the mask.", "", "mask");
    else if (await turns.settled()) page.download("superpixels", wish());
  }

  const draw = newest(async (now) => {
    const made = await asked("superpixels/draft", now);
    if (now.picture !== page.picture) return;
    if (made === null) return failed(now);
    await take(made, now);
    if (!isCurrent(now)) return;
    if (made.exact) finish(now);
    else {
      viewer.say(made.width === page.picture.width ? "draft: fast search" : `preview at 1/${Math.round(page.picture.full[0] / made.width)} of the size`, "draft");
      timer = setTimeout(() => complete(now), REST);
    }
  });

  const complete = newest(async (now) => {
    if (!isCurrent(now)) return;
    viewer.say(`${viewer.badge.textContent}, making the full result …`, "draft");
    const made = await asked("superpixels/exact", now);
    if (!isCurrent(now)) return;
    if (made === null) return failed(now, "full result ");
    await take(made, now, "studio segments exact");
    finish(now);
  });

  async function take(made, now, measure = "studio segments") {
    segments = new Segments(made);
    restore();
    show();
    const end = await painted();
    performance.measure(measure, { start: now.since, end });
    figures.time.textContent = `${Math.round(end - now.since)} ms`;
  }

  async function cut(number, since) {
    view.left = number;
    if (!segments) return;
    if (number > segments.n && number > state.n_segments) {
      finest.set(number);
      change({ n_segments: number }, since);
      return;
    }
    show();
    const end = await painted();
    performance.measure("studio superpixels", { start: since, end });
    figures.time.textContent = `${Math.round(end - since)} ms`;
  }

  function look(values) {
    Object.assign(view, values);
    if (segments) show();
  }

  function show() {
    root = segments.tree.cut(view.left);
    viewer.put(segments.draw(view.style, root, viewer.original));
    showSelection();
    figures.n.textContent = whole(Math.min(segments.n, Math.max(view.left, segments.tree.fewest)));
    tellLines();
  }

  const tellLines = newest(async () => {
    const { picture } = page;
    // the labels of a mask are those of the full result
    if (!segments || (view.kind === "mask" && !turns.isDone)) return page.lines("superpixels", "", "");
    const asked = JSON.stringify(wish());
    const found = await page.attempt(() => page.ask("superpixels/lines", wish()), "superpixels lines");
    // those of a download may be newer
    if (found === null || picture !== page.picture || asked !== JSON.stringify(wish())) return;
    page.lines("superpixels", found.command, found.python);
  });

  // --- a selection ---

  function showSelection() {
    const any = Boolean(selected?.includes(1));
    viewer.mark(any ? segments.drawSelection(selected) : null);
    const area = any ? segments.areas.reduce((sum, each, i) => sum + each * selected[i], 0) : 0;
    figures.part.textContent = any ? `${((100 * area) / segments.total).toFixed(1)} %` : "nothing";
    for (const tool of Object.values(tools)) tool.disabled = !any;
  }

  // The selection of last time on the segments that are there now.
  function restore() {
    const labels = (other) => (hand.of === segments ? other : segments.taken(hand.of, other));
    const isEmpty = !hand?.selected.includes(1);
    selected = isEmpty ? new Uint8Array(segments.n) : labels(hand.selected);
    const wasClicked = isEmpty ? [] : labels(Uint8Array.from(hand.selected, (_, i) => Number(hand.clicked.has(i))));
    clicked = new Set([...wasClicked.keys()].filter((label) => wasClicked[label]));
  }

  function select(next, isStep = true) {
    if (next === null) return;
    if (isStep) past.keep(hand);
    selected = next;
    hand = { of: segments, selected, clicked: new Set(clicked) };
    tell();
  }

  function tell() {
    page.unsay("mask");
    showSelection();
    spoken.textContent = `selected ${figures.part.textContent}`;
    if (view.kind === "mask") tellLines();
  }

  function withSegment(label, on) {
    const next = selected.slice();
    for (const other of segments.together(label, root)) {
      next[other] = on ? 1 : 0;
      if (on) clicked.add(other);
      else clicked.delete(other);
    }
    return next;
  }

  function drag(phase, place, event) {
    if (selecting.ariaPressed !== "true" || !segments) return false;
    if (phase === "end") {
      const was = adding !== null;
      adding = null;
      return was;
    }
    if (!viewer.isInside(place)) return adding !== null;
    const label = segments.labelAt(...place, viewer.size);
    if (phase === "start") {
      adding = !selected[label];
      past.keep(hand);
    }
    if (adding === null) return false;
    if (Boolean(selected[label]) !== adding) select(withSegment(label, adding), false);
    cursor.hidden = event.pointerType !== "keyboard";
    return true;
  }

  function grow() {
    select(segments.tree.grow(selected));
  }

  function shrink() {
    select(segments.tree.shrink(selected, clicked, segments.areas));
  }

  function goBack(was) {
    const now = hand;
    hand = was;
    restore();
    tell();
    return now;
  }

  function clear() {
    clicked.clear();
    select(new Uint8Array(segments.n));
  }

  function mode(isSelecting) {
    selecting.ariaPressed = String(isSelecting);
    moving.ariaPressed = String(!isSelecting);
    viewer.frame.classList.toggle("selecting", isSelecting);
    cursor.hidden = true;
  }

  // --- with keys: a cursor on the picture ---

  const at = [0.5, 0.5];
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  viewer.frame.addEventListener("keydown", (event) => {
    if (event.target !== viewer.frame || !segments || selecting.ariaPressed !== "true") return;
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key in steps) point(steps[event.key]);
    else if (event.key === " " || event.key === "Enter") {
      point([0, 0]);
      const label = segments.labelAt(at[0] * viewer.size[0], at[1] * viewer.size[1], viewer.size);
      select(withSegment(label, !selected[label]));
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  function point([across, down]) {
    const longest = Math.max(...viewer.size);
    [across, down].forEach((by, axis) => {
      at[axis] = Math.min(Math.max(at[axis] + (by * longest) / viewer.size[axis] / 60, 0), 0.999);
    });
    cursor.hidden = false;
    cursor.style.left = `${viewer.offset[0] + at[0] * viewer.size[0] * viewer.zoom}px`;
    cursor.style.top = `${viewer.offset[1] + at[1] * viewer.size[1] * viewer.zoom}px`;
  }

  mode(true);
  return {
    show() {
      viewer.fit();
      if (isStale) refresh(performance.now());
    },
    opened(picture) {
      // the same one, if the server has come back
      const isOther = !["name", "bytes", "full"].every((key) => String(picture[key]) === String(opened?.[key]));
      opened = picture;
      if (isOther) {
        [segments, selected, hand, clicked] = [null, null, null, new Set()];
        past.clear();
      }
      page.unsay("superpixels");
      viewer.open(picture, picture.pixels);
      viewer.say("");
      showSelection();
      refresh(performance.now());
    },
  };
}
