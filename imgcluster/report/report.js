"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { files, palettes } = JSON.parse(one("#data").textContent);
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
    const { status, lossy } = files[i];
    return (["all", status].includes(view.status) || (view.status === "losses" && lossy)) && haystacks[i].includes(view.text);
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

  function showPictures(row) {
    const [before, after] = all(".pair img", row);
    one("#compare").hidden = !after;
    if (!after) return;
    one("#before").src = before.src;
    one("#after").src = after.src;
    frame.style.setProperty("--width", before.getAttribute("width"));
    frame.style.setProperty("--height", before.getAttribute("height"));
    slider.value = 50;
    slide();
  }

  function swatch(color) {
    const item = document.createElement("li");
    item.title = color;
    item.style.backgroundColor = color;
    item.append(Object.assign(element("span", color), { className: "unseen" }));
    return item;
  }

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
    showPictures(rows[place]);
    const colors = palettes[file.palette].match(/.{6}/g) ?? [];
    one("#colors").hidden = colors.length === 0;
    one("#colors ul").replaceChildren(...colors.map((digits) => swatch(`#${digits}`)));
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
