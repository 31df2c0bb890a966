"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { files, palettes, crops } = JSON.parse(one("#data").textContent);
  const body = one("tbody");
  const rows = all("tr", body);
  const numberOf = new Map(rows.map((row, i) => [row, i]));
  const names = new Intl.Collator(undefined, { numeric: true });
  const haystacks = files.map((file) => `${file.name}\n${file.reason}\n${file.notes}`.toLowerCase());
  // the rest is hidden in the markup and waits for a button
  const FIRST = rows.filter((row) => !row.hidden).length;
  const view = { key: "", down: false, status: "all", text: "", limit: FIRST, order: [] };

  // --- sorting and filtering ---

  function compare(a, b) {
    if (!view.key) return a - b;
    if (view.key === "name") return names.compare(files[a].name, files[b].name) || a - b;
    return files[a].keys[view.key] - files[b].keys[view.key] || a - b;
  }

  function sorted(places) {
    const isUnknown = (i) => view.key && view.key !== "name" && files[i].keys[view.key] === null;
    const known = places.filter((i) => !isUnknown(i)).sort(compare);
    // what is not known comes last, whichever way the rest is turned
    return (view.down ? known.reverse() : known).concat(places.filter(isUnknown));
  }

  function isWanted(i) {
    const { status, marks } = files[i];
    return ["all", status, ...marks].includes(view.status) && haystacks[i].includes(view.text);
  }

  function update() {
    view.order = sorted(files.map((_, i) => i).filter(isWanted));
    const visible = view.order.slice(0, view.limit);
    for (const i of visible) rows[i].hidden = false;
    // rows that are only hidden would be laid out again at every letter typed: 2 s for 10,000 files
    body.replaceChildren(...visible.map((i) => rows[i]));
    const rest = view.order.length - visible.length;
    one("#more").hidden = rest === 0;
    const isFruitless = files.length > 0 && view.order.length === 0;
    one("table").hidden = isFruitless;
    one("#nothing").hidden = !isFruitless;
    one("#more button").textContent = `Show ${rest.toLocaleString("en")} more`;
    const few = view.order.length < files.length ? `${view.order.length.toLocaleString("en")} of ` : "";
    one("#shown").textContent = `${few}${files.length.toLocaleString("en")} file${files.length === 1 ? "" : "s"}`;
    tellOrder();
  }

  function tellOrder() {
    for (const head of all("th[data-key]")) {
      const isKey = head.dataset.key === view.key;
      if (isKey) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    one("#sort").value = view.key;
    one("#turn").setAttribute("aria-pressed", String(view.down));
  }

  function sortBy(key) {
    view.down = key === view.key && !view.down;
    view.key = key;
    update();
  }

  for (const head of all("th[data-key]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sortBy(head.dataset.key));
    head.replaceChildren(button);
  }
  one("#sort").addEventListener("change", (event) => {
    Object.assign(view, { key: event.target.value, down: false });
    update();
  });
  one("#turn").addEventListener("click", () => {
    view.down = !view.down;
    update();
  });
  one("#search").addEventListener("input", (event) => {
    Object.assign(view, { text: event.target.value.toLowerCase(), limit: FIRST });
    update();
  });
  for (const chip of all("[data-status]")) {
    chip.addEventListener("click", () => {
      Object.assign(view, { status: chip.dataset.status, limit: FIRST });
      for (const other of all("[data-status]")) other.setAttribute("aria-pressed", String(other === chip));
      update();
    });
  }
  one("#more button").addEventListener("click", () => {
    const first = view.order[view.limit];
    view.limit = Infinity;
    update();
    one("button", rows[first]).focus();
  });

  // --- one file in full ---

  const dialog = one("#details");
  const frame = one("#compare .frame");
  const slider = one("#slider");
  let current = 0;

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function slide() {
    frame.style.setProperty("--at", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${slider.value} % before, ${100 - slider.value} % after`);
  }

  function showPictures() {
    const pictures = all(".pair img", rows[current]);
    one("#compare").hidden = pictures.length === 0;
    if (pictures.length === 0) return;
    const isClear = pictures.some((picture) => picture.classList.contains("clear"));
    for (const picture of all("img", frame)) picture.classList.toggle("clear", isClear);
    frame.style.setProperty("--width", pictures[0].getAttribute("width"));
    frame.style.setProperty("--height", pictures[0].getAttribute("height"));
    slider.value = 50;
    slide();
    Object.assign(zoom, { x: 0, y: 0 });
    showZoomed();
  }

  // --- a part at full size ---

  const FACTORS = [0, 1, 2, 4, 8];
  // the factor that was chosen, and by how many pixels of the screen the part is moved; 0 shows the whole picture
  const zoom = { wanted: null, x: 0, y: 0 };

  function isWhole({ box, of }) {
    return box[2] === of[0] && box[3] === of[1];
  }

  function factor() {
    const crop = crops[current];
    if (!crop) return 0;
    if (zoom.wanted) return zoom.wanted;
    // a picture that is small enough is shown in its own pixels
    const fitting = FACTORS.filter((f) => f * crop.of[0] <= 480 && f * crop.of[1] <= 320);
    return isWhole(crop) ? Math.max(1, ...fitting) : 0;
  }

  function zoomBy(by) {
    const last = FACTORS.indexOf(factor()) + by;
    zoomTo(FACTORS[Math.min(Math.max(last, 0), FACTORS.length - 1)]);
  }

  function zoomTo(wanted) {
    const old = factor();
    zoom.wanted = wanted;
    const ratio = old ? factor() / old : 0;
    Object.assign(zoom, { x: zoom.x * ratio, y: zoom.y * ratio });
    showZoomed();
  }

  function showZoomed() {
    const crop = crops[current];
    const times = factor();
    const [before, after] = all(".pair img", rows[current]).map((picture) => picture.src);
    one("#before").src = times ? crop.before : before;
    one("#after").src = times ? crop.after : after;
    frame.classList.toggle("zoomed", times > 0);
    for (const button of all("#zoom button")) {
      button.hidden = !crop || (button.dataset.zoom === "0" && isWhole(crop));
      button.setAttribute("aria-pressed", String(Number(button.dataset.zoom) === times));
    }
    one("#spot").hidden = !crop || times > 0;
    if (!crop) return tellPart();
    const [left, top, width, height] = crop.box;
    const shares = { left: left / crop.of[0], top: top / crop.of[1], width: width / crop.of[0], height: height / crop.of[1] };
    for (const [name, share] of Object.entries(shares)) one("#spot").style.setProperty(name, `${100 * share}%`);
    // each pixel is a whole number of the screen's
    const unit = Math.max(1, Math.round(devicePixelRatio)) / devicePixelRatio;
    frame.style.setProperty("--wide", `${width * times * unit}px`);
    frame.style.setProperty("--tall", `${height * times * unit}px`);
    place();
  }

  function place() {
    if (!frame.classList.contains("zoomed")) return tellPart();
    const spans = [["x", "--left", "--wide", frame.clientWidth], ["y", "--top", "--tall", frame.clientHeight]];
    let moves = false;
    for (const [axis, name, length, room] of spans) {
      const rest = room - parseFloat(frame.style.getPropertyValue(length));
      const most = Math.max(0, -rest / 2);
      moves ||= most >= 1;
      zoom[axis] = Math.min(Math.max(zoom[axis], -most), most);
      const at = Math.round((rest / 2 + zoom[axis]) * devicePixelRatio) / devicePixelRatio;
      frame.style.setProperty(name, `${at}px`);
    }
    frame.classList.toggle("moves", moves);
    return tellPart();
  }

  function tellPart() {
    const crop = crops[current];
    const lengths = (width, height) => `${width.toLocaleString("en")} × ${height.toLocaleString("en")}`;
    const texts = [];
    if (!crop) {
      texts.push(Object.keys(crops).length ? "no part at full size is in this page" : "");
    } else if (!isWhole(crop)) {
      texts.push(`${factor() ? "" : "zoom shows "}${lengths(crop.box[2], crop.box[3])} of ${lengths(...crop.of)} pixels`);
    }
    if (factor() && frame.classList.contains("moves")) texts.push("drag or Shift+arrows");
    one("#hint").textContent = texts.join("; ");
  }

  function move(x, y) {
    Object.assign(zoom, { x: zoom.x + x, y: zoom.y + y });
    place();
  }

  for (const button of all("#zoom button")) button.addEventListener("click", () => zoomTo(Number(button.dataset.zoom)));
  frame.addEventListener("pointerdown", (event) => {
    if (event.target === slider || !frame.matches(".zoomed.moves")) return;
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY);
  });
  new ResizeObserver(place).observe(frame);

  const ARROWS = { ArrowLeft: [32, 0], ArrowRight: [-32, 0], ArrowUp: [0, 32], ArrowDown: [0, -32] };
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === one("#hexes") || one("#compare").hidden) return;
    const by = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (by) zoomBy(by);
    else if (event.key === "0") zoomTo(0);
    else if (event.shiftKey && event.key in ARROWS && factor()) move(...ARROWS[event.key]);
    else return;
    event.preventDefault();
  });

  // --- its palette ---

  function colorsOf(place) {
    return palettes[files[place].palette].match(/#[0-9a-f]+/g) ?? [];
  }

  function swatch(color) {
    const item = document.createElement("li");
    item.title = color;
    item.style.setProperty("--color", color);
    item.classList.toggle("clear", color.length > 7);
    item.append(Object.assign(element("span", color), { className: "unseen" }));
    return item;
  }

  function showPalette() {
    const colors = colorsOf(current);
    one("#colors").hidden = colors.length === 0;
    one("#colors ul").replaceChildren(...colors.map(swatch));
    one("#copied").textContent = "";
    one("#hexes").hidden = true;
  }

  one("#copy").addEventListener("click", async () => {
    const colors = colorsOf(current);
    try {
      await navigator.clipboard.writeText(`${colors.join("\n")}\n`);
      one("#copied").textContent = `${colors.length} color${colors.length === 1 ? "" : "s"} copied`;
    } catch {
      // without access to the clipboard, as on a page from a plain http server
      const area = one("#hexes");
      area.value = colors.join("\n");
      area.hidden = false;
      area.focus();
      area.select();
      one("#copied").textContent = "selected; copy them with Ctrl+C";
    }
  });

  function output([name, address]) {
    const definition = document.createElement("dd");
    const link = element(address ? "a" : "span", name);
    if (address) Object.assign(link, { href: address, target: "_blank", rel: "noopener" });
    definition.append(link);
    return [element("dt", "Output"), definition];
  }

  function show(place) {
    current = place;
    const file = files[place];
    one("#name").textContent = file.name;
    showPictures();
    showPalette();
    const facts = file.facts.map(([title, text]) => [element("dt", title), element("dd", text)]);
    one("dl", dialog).replaceChildren(...facts.flat(), ...file.outputs.map(output).flat());
    const at = view.order.indexOf(place);
    one("#previous").disabled = at <= 0;
    one("#next").disabled = at === view.order.length - 1;
  }

  function step(by) {
    show(view.order[view.order.indexOf(current) + by]);
    dialog.scrollTop = 0;
    // a button that was switched off loses the focus
    if (document.activeElement === document.body || document.activeElement.disabled) one("#name").focus();
  }

  body.addEventListener("click", (event) => {
    const row = event.target.closest("button.file")?.closest("tr");
    if (!row) return;
    // a factor that was chosen for one file stays on the way to the next ones only
    zoom.wanted = null;
    show(numberOf.get(row));
    dialog.showModal();
    (one("#compare").hidden ? one("#close") : slider).focus();
  });
  one("#previous").addEventListener("click", () => step(-1));
  one("#next").addEventListener("click", () => step(1));
  one("#close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    if (!rows[current].isConnected) {
      view.limit = view.order.indexOf(current) + FIRST;
      update();
    }
    one("button", rows[current]).focus();
  });
  slider.addEventListener("input", slide);

  one("#tools").hidden = false;
  update();
})();
