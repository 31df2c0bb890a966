// Elements made of a tag, properties and children; text is never read as markup.
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const whole = (number) => number.toLocaleString("en");

// A labelled select.
export function choice(label, options, value, change) {
  const select = h("select", { onchange: () => change(select.value) },
    Object.entries(options).map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
  return { row: h("label", { className: "row" }, h("span", {}, label), select), select };
}

// A slider with a field for its number. `steps` are the numbers of the slider, or null for min..max by step.
export function slider(label, { min, max, step = 1, value, steps = null, change }) {
  const nearest = (number) => steps.reduce((best, s, i) => (Math.abs(s - number) < Math.abs(steps[best] - number) ? i : best), 0);
  const range = h("input", steps
    ? { type: "range", min: 0, max: steps.length - 1, step: 1, value: nearest(value) }
    : { type: "range", min, max, step, value });
  const field = h("input", { type: "number", min, max, step, value, className: "number" });
  const told = (number) => {
    if (steps) range.setAttribute("aria-valuetext", String(number));
  };
  range.setAttribute("aria-label", label);
  told(value);
  range.addEventListener("input", (event) => {
    const number = steps ? steps[Number(range.value)] : Number(range.value);
    field.value = number;
    told(number);
    change(number, event.timeStamp);
  });
  field.addEventListener("change", (event) => {
    const given = Number(field.value) || min;
    const number = Math.min(Math.max(step === 1 ? Math.round(given) : given, min), max);
    field.value = number;
    set(number);
    change(number, event.timeStamp);
  });
  function set(number) {
    field.value = number;
    range.value = steps ? nearest(number) : number;
    told(number);
  }
  function limit(most) {
    max = most;
    field.max = most;
    if (!steps) range.max = most;
  }
  const row = h("div", { className: "row slider" }, h("label", {}, h("span", {}, label), field), range);
  return { row, range, field, set, limit };
}

// Work on the newest wish alone: while one is worked on, older ones that wait are dropped.
export function newest(work) {
  let busy = false;
  let waiting = null;
  return async (wish) => {
    waiting = { wish };
    if (busy) return;
    busy = true;
    while (waiting) {
      const now = waiting.wish;
      waiting = null;
      // an error must not end the work for good
      await work(now).catch(reportError);
    }
    busy = false;
  };
}

// Whether the newest turn of some work is done, for what has to wait for it.
export class Turns {
  constructor() {
    this.last = 0;
    this.done = 0;
    this.waiting = [];
  }

  next() {
    return ++this.last;
  }

  get isDone() {
    return this.done === this.last;
  }

  // A turn ended, well or not; those before the newest say nothing.
  end(turn, isWell = true) {
    if (turn !== this.last) return;
    if (isWell) this.done = turn;
    for (const resolve of this.waiting.splice(0)) resolve(isWell);
  }

  // Resolve to whether it is done, when that is known.
  settled() {
    return this.isDone ? Promise.resolve(true) : new Promise((resolve) => this.waiting.push(resolve));
  }
}

// Undo and Redo: their buttons, and their keys while a panel is shown.
export class Past {
  // `swap(state)` goes to a state that was kept, and returns the one that it leaves. What is typed has an undo of its own,
  // and a field where nothing was typed since it has the focus has none; `isResting(field)` says so of others.
  constructor(panel, swap, isResting = () => false) {
    Object.assign(this, { swap, before: null });
    const button = (text, keys, isRedo) => h("button", { type: "button", title: `${text} (${keys})`, onclick: () => this.go(isRedo) }, text);
    this.buttons = [button("Undo", "Ctrl+Z", false), button("Redo", "Ctrl+Shift+Z or Ctrl+Y", true)];
    this.clear();
    const isTyped = (field) => field.matches("input:is([type=text], [type=number])") && !isResting(field) && this.before !== null && field.value !== this.before;
    panel.addEventListener("focusin", () => (this.before = null));
    panel.addEventListener("beforeinput", (event) => (this.before ??= event.target.value));
    document.addEventListener("keydown", (event) => {
      const key = event.key.toLowerCase();
      if (panel.hidden || !(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y") || isTyped(event.target)) return;
      event.preventDefault();
      this.go(key === "y" || event.shiftKey);
    });
  }

  clear() {
    this.lists = [[], []];
    this.tell();
  }

  keep(state) {
    this.lists = [[...this.lists[0].slice(-199), state], []];
    this.tell();
  }

  go(isRedo) {
    const [from, to] = isRedo ? [this.lists[1], this.lists[0]] : this.lists;
    if (!from.length) return;
    this.before = null;
    to.push(this.swap(from.pop()));
    this.tell();
  }

  tell() {
    this.buttons.forEach((button, i) => (button.disabled = !this.lists[i].length));
  }
}

// Resolve when what was painted has been handed to the screen.
export const painted = () =>
  new Promise((done) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now());
      channel.port2.postMessage(null);
    });
  });
