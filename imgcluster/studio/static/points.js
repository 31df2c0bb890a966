// The tab for points: k-means, soft k-means and EM, half-step by half-step, and what other starts find.
import { choice, h, newest, painted, Past, slider, whole } from "./dom.js";
import { Curve, colorOf, number } from "./curve.js";
import { Plane } from "./plane.js";

const METHODS = { kmeans: "k-means", "soft-kmeans": "soft k-means", gmm: "EM, Gaussians" };
const INITS = { random: "random points", "k-means++": "k-means++", hand: "centers by hand" };
const COVARIANCES = { full: "full", tied: "tied", diag: "diagonal", spherical: "spherical" };
const SAMPLES = { "three-groups": "three groups", "nine-groups": "nine groups", stretched: "stretched groups", "old-faithful": "Old Faithful", own: "own points" };
const PACE = 650; // ms a half-step
const OWN = { name: "points.csv", columns: null, standardize: false };
const FIELD = [0, 16, 0, 10];

export const tab = { key: "points", title: "Points", mount };

function mount(panel, page) {
  const state = { method: "kmeans", n_clusters: 3, init: "random", random_state: 0, covariance_type: "full", centers: null };
  const data = { points: [], names: [], bounds: FIELD, source: OWN, text: null, kind: "three-groups" };
  let fit = null; // what the server found: steps, colors, parts
  let at = 0; // half-steps that have been taken
  let isWaiting = false; // for a fit: what is there is of other points or parameters
  let loading = 0; // the latest change of points: what was asked for before it comes too late
  let hand = null; // centers set by hand, of which as many are taken as there are clusters
  let found = null; // where other starts end
  let turn = 0;
  let playing = 0;
  let hasBegun = false;
  let hasPoints = false;
  let table = null; // the latest that was given, also if it could not be read

  const plane = new Plane({ moveCenter, add: (list, isStroke) => changePoints([...data.points, ...list], isStroke), remove: (i) => changePoints(data.points.filter((_, j) => j !== i)) });
  const curve = new Curve((i) => go(i));
  const press = (id, label, text, work) => h("button", { type: "button", id, ariaLabel: label, title: label, onclick: work }, text);
  const first = press("step-first", "Back to the start", "|◀", () => go(0));
  const back = press("step-back", "One half-step back", "◀", () => go(at - 1));
  const play = press("step-play", "Play", "Play", () => (playing ? stop() : run()));
  const next = press("step-next", "One half-step on", "▶", () => go(at + 1));
  const last = press("step-last", "On to the end", "▶|", () => go(Infinity));
  const walk = h("input", { type: "range", min: 0, max: 0, value: 0, oninput: () => go(Number(walk.value)) });
  walk.setAttribute("aria-label", "Half-step");
  const warning = h("p", { className: "hint warn", hidden: true });

  const method = choice("Method", METHODS, state.method, (value) => change({ method: value }));
  const clusters = slider("Clusters", { min: 1, max: 12, value: state.n_clusters, change: (value) => change({ n_clusters: value }) });
  const init = choice("Start from", INITS, state.init, (value) => startFrom(value));
  const covariance = choice("Covariance", COVARIANCES, "full", (value) => change({ covariance_type: value }));
  const seed = h("input", { type: "number", min: 0, max: 2147483647, step: 1, value: 0, className: "number", id: "seed", onchange: () => reseed(Number(seed.value) || 0) });
  const again = press("restart", "Restart at random", "Restart at random", () => reseed(state.random_state + 1));
  const many = press("starts", "Try 20 starts; a bar shows the end of each", "Try 20 starts", () => tryStarts());
  const outcomes = h("div", { className: "outcomes" });
  const verdict = h("p", { className: "hint", id: "verdict" });

  const sample = choice("Points", SAMPLES, "three-groups", (value) => loadSample(value));
  const chooser = h("input", { type: "file", accept: ".csv,.tsv,.txt,.dat", hidden: true, ariaLabel: "Table to load", onchange: () => {
    if (chooser.files.length) take(chooser.files[0]);
    chooser.value = "";
  } });
  const columns = h("input", { type: "text", className: "hex columns", placeholder: "1,2", onchange: () => reread() });
  const columnsRow = h("label", { className: "row", hidden: true }, h("span", {}, "Columns"), columns);
  const scaled = h("input", { type: "checkbox", checked: true, onchange: () => reread() });
  const scaledRow = h("label", { className: "row", hidden: true }, h("span", {}, "Scale columns to deviation 1"), scaled);
  const eraser = press("erase", "Erase points", "Erase", () => {
    plane.erasing = !plane.erasing;
    eraser.ariaPressed = String(plane.erasing);
    plane.canvas.classList.toggle("erasing", plane.erasing);
  });
  eraser.ariaPressed = "false";
  const past = new Past(panel, goBack); // points and centers of before
  const count = h("p", { className: "hint", id: "count" });

  panel.append(
    h("div", { className: "controls" },
      h("fieldset", {}, h("legend", {}, "Objective"), curve.element, walk, warning),
      h("fieldset", {}, h("legend", {}, "Start"), h("div", { className: "buttons" }, again, h("label", { className: "pair" }, h("span", {}, "Seed"), seed)), init.row,
        h("div", { className: "buttons" }, many), outcomes, verdict),
      h("fieldset", {}, h("legend", {}, "Method"), method.row, clusters.row, covariance.row),
      h("fieldset", {}, h("legend", {}, "Points"), sample.row, columnsRow, scaledRow,
        h("div", { className: "buttons" }, press("load", "Load CSV or another table", "Load CSV…", () => chooser.click()), press("save", "Save points as points.csv", "Save points", save), eraser,
          press("clear", "Clear: remove all points", "Clear", () => changePoints([])), past.buttons), chooser, count),
    ),
    h("div", { className: "viewer" }, plane.element, h("div", { className: "zoom steps", role: "group", ariaLabel: "Half-steps" }, first, back, play, next, last)),
  );

  // --- points ---

  const now = () => ({ data: { ...data }, hand });

  // `isStroke` says that these points go on with what was kept last.
  function setPoints({ points, names = [], bounds = null, source = OWN, text = null, kind = "own", isOther = true, isStroke = false }) {
    if (hasPoints && !isStroke) past.keep(now());
    hasPoints = true;
    put({ points, names, source, text, kind, bounds: bounds ?? around(points) }, isOther ? null : hand);
  }

  function put(values, centers) {
    Object.assign(data, values);
    hand = centers;
    table = data.text;
    sample.select.value = data.kind;
    // at once, and not only with the fit: the next key or click may mean one of them
    plane.show({ points: data.points, names: data.names, bounds: data.bounds, half: null, before: null, shares: null });
    page.unsay("table"); // there are points again
    change({});
  }

  function goBack(was) {
    const left = now();
    loading++;
    const { columns: kept, standardize } = was.data.source;
    if (was.data.text) [columns.value, scaled.checked] = [kept ?? "", standardize];
    put(was.data, was.hand);
    return left;
  }

  // Points that are added or removed are the page's own, whatever they were before.
  function changePoints(points, isStroke = false) {
    loading++;
    setPoints({ points, names: points.length ? data.names : [], bounds: points.length ? data.bounds : FIELD, isOther: !points.length, isStroke });
  }

  function around(points) {
    const span = (axis) => {
      const values = points.map((point) => point[axis]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const more = 0.08 * (high - low) || 1;
      return [low - more, high + more];
    };
    return points.length ? [...span(0), ...span(1)] : FIELD;
  }

  async function loadSample(name) {
    if (name === "own") return changePoints([]);
    const asked = ++loading;
    const made = await page.attempt(() => page.ask("points/sample", { name }), "table");
    if (asked !== loading) return;
    if (made === null) sample.select.value = data.kind;
    else setPoints({ points: made.points, names: made.names, kind: name, bounds: name === "old-faithful" ? null : FIELD });
  }

  // A table that was dropped on the page or chosen.
  function take(file) {
    if (!/\.(csv|tsv|txt|dat)$/i.test(file.name)) return false;
    hasBegun = true; // with this table
    (async () => {
      const asked = ++loading;
      const text = await file.text();
      if (asked !== loading) return;
      columns.value = "";
      reread({ name: file.name, text });
    })();
    return true;
  }

  async function reread(given = table) {
    table = given;
    const asked = ++loading;
    const { name, text } = table;
    const [kept, standardize] = [columns.value.trim() || null, scaled.checked];
    const made = await page.attempt(() => page.ask("points/read", { name, text, columns: kept, standardize }), "table");
    if (asked !== loading) return;
    columnsRow.hidden = scaledRow.hidden = false;
    if (!hasPoints) sample.select.value = data.kind = "own";
    if (made === null) return;
    columns.value = made.columns ?? "";
    setPoints({ points: made.points, names: made.names, text: table, source: { name, columns: made.columns, standardize } });
  }

  function save() {
    const text = `x,y\n${data.points.map((point) => point.join(",")).join("\n")}\n`;
    page.save(new Blob([text], { type: "text/csv" }), OWN.name, `${whole(data.points.length)} point${data.points.length === 1 ? "" : "s"}`);
  }

  // --- fits ---

  const wish = () => ({ ...state, points: data.points, source: data.source });

  function change(values) {
    Object.assign(state, values);
    state.centers = hand?.length >= state.n_clusters ? hand.slice(0, state.n_clusters) : null;
    refresh();
  }

  function startFrom(value) {
    if (hand) past.keep(now());
    hand = value === "hand" ? (plane.state.start?.centers ?? null) : null;
    change(value === "hand" ? {} : { init: value });
  }

  // A center that was dragged or put at the cursor: the start is by hand from then on.
  function moveCenter(k, place) {
    const { start } = plane.state;
    if (start.centers.length !== state.n_clusters) return;
    past.keep(now());
    state.centers = hand = start.centers.map((center, i) => (i === k ? place : center));
    plane.show({ start: { ...start, centers: state.centers } }); // at once, for the next one
    refresh(found);
  }

  function reseed(value) {
    if (hand) past.keep(now());
    state.centers = hand = null;
    state.random_state = Math.min(Math.max(Math.round(value), 0), 2147483647);
    seed.value = state.random_state;
    // other starts are the same ones
    refresh(found?.seeds.includes(state.random_state) ? found : null);
  }

  function refresh(kept = null) {
    stop();
    found = kept;
    turn++;
    columnsRow.hidden = scaledRow.hidden = table === null;
    count.textContent = `${whole(data.points.length)} point${data.points.length === 1 ? "" : "s"}. Click or drag to add some, Shift-click removes one; a center can be dragged before the first half-step. Keys: arrows, Enter, Delete, C for the nearest center.${data.source === OWN ? " The lines below read points.csv, which Save points gives." : ""}`;
    isWaiting = true;
    at = 0;
    init.select.value = state.centers ? "hand" : state.init;
    covariance.row.hidden = state.method !== "gmm";
    for (const button of [next, last, play]) button.disabled = data.points.length < state.n_clusters;
    work(turn);
  }

  const work = newest(async (now) => {
    if (now !== turn) return;
    const enough = data.points.length >= state.n_clusters;
    const since = performance.now();
    const made = enough ? await page.attempt(() => page.ask("points/fit", wish()), "points") : null;
    if (now !== turn) return;
    if (!enough) page.unsay("points");
    fit = made;
    isWaiting = false;
    at = Math.min(at, fit?.steps.length ?? 0); // steps that were asked for meanwhile
    if (made) page.lines("points", made.command, made.python);
    else page.lines("points", "", "");
    reflect();
    if (!made) return;
    const end = await painted();
    performance.measure("studio points", { start: since, end });
  });

  const tryStarts = newest(async () => {
    if (!fit) return;
    const now = turn;
    many.disabled = true;
    const made = await page.attempt(() => page.ask("points/starts", wish()), "starts");
    many.disabled = false;
    if (made === null || now !== turn) return;
    found = made;
    reflect();
  });

  // --- steps ---

  function go(to) {
    if (isWaiting) at = Math.max(to, 0);
    if (isWaiting || !fit) return;
    at = Math.min(Math.max(to, 0), fit.steps.length);
    if (at === fit.steps.length) stop();
    reflect();
  }

  function run() {
    if (!fit && !isWaiting) return;
    if (!isWaiting && at === fit.steps.length) at = 0;
    playing = setInterval(() => isWaiting || go(at + 1), PACE);
    go(at + 1);
    if (!isWaiting) reflect();
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
  }

  // --- what is shown ---

  function reflect() {
    const steps = fit?.steps ?? [];
    const half = at > 0 ? steps[at - 1] : null;
    const before = half && at > 1 && ["refit", "maximize"].includes(half.step) ? steps[at - 2].centers : null;
    plane.show({ points: data.points, names: data.names, bounds: data.bounds, colors: fit?.colors ?? [], start: steps[0] ?? null, half, before,
      hard: fit?.hard ?? true, shares: half ? fit.parts[half.shares] : null });
    plane.said.hidden = !fit;
    const title = half ? half.title : "start";
    plane.said.textContent = half ? `${title}: ${fit.objective} = ${number(half.objective)}` : fit ? "start" : "";
    plane.said.style.setProperty("--dot", half ? colorOf(half.step) : "var(--muted)");
    curve.show({ name: fit?.objective ?? "", steps, at, best: found?.best ?? null });
    walk.max = steps.length;
    walk.value = at;
    walk.setAttribute("aria-valuetext", `${at} of ${steps.length}: ${title}`);
    walk.disabled = play.disabled = !fit;
    first.disabled = back.disabled = at === 0;
    next.disabled = last.disabled = !fit || at === steps.length;
    play.textContent = playing ? "Stop" : "Play";
    play.ariaLabel = play.title = playing ? "Stop" : "Play";
    many.disabled = again.disabled = !fit;
    const lack = state.n_clusters - data.points.length;
    warning.hidden = !(fit?.warning || lack > 0);
    warning.textContent = lack > 0 ? `${state.n_clusters} clusters need ${lack} more point${lack > 1 ? "s" : ""}` : (fit?.warning ?? "");
    showStarts();
  }

  // A bar for each start, the best ones first; the one that is shown is marked, and a click shows another.
  function showStarts() {
    const hasFocus = outcomes.contains(document.activeElement);
    outcomes.replaceChildren();
    const lacking = hand && !state.centers;
    verdict.textContent = found ? found.said : lacking ? `${hand.length} centers are set by hand, too few for ${state.n_clusters} clusters: the start is ${INITS[state.init]}` : "";
    if (!found) return;
    const rises = fit?.objective === "log-likelihood";
    const order = found.seeds.map((_, i) => i).sort((i, j) => (rises ? found.objectives[j] - found.objectives[i] : found.objectives[i] - found.objectives[j]));
    const worst = found.objectives[order.at(-1)];
    const share = (value) => (worst === found.best ? 0 : (value - found.best) / (worst - found.best));
    for (const i of order) {
      const isShown = !state.centers && found.seeds[i] === state.random_state;
      const label = `seed ${found.seeds[i]}: ${number(found.objectives[i])}, ${found.standings[i]}`;
      const bar = h("button", { type: "button", className: "outcome", title: label, ariaLabel: label, style: `--tall: ${20 + 80 * share(found.objectives[i])}%`, onclick: () => reseed(found.seeds[i]) });
      bar.ariaPressed = String(isShown);
      outcomes.append(bar);
      if (isShown) verdict.textContent = `${found.said}. This start: ${found.standings[i]}.`;
      if (isShown && hasFocus) bar.focus();
    }
  }

  return {
    show() {
      if (!hasBegun) loadSample("three-groups");
      hasBegun = true;
      plane.draw();
    },
    opened() {
      if (hasBegun) refresh(found);
    },
    take,
  };
}
