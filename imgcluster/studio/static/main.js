// The page: tabs, the open picture, the lines to copy, and what happens when the server is gone.
//
// A tab is a module of its own with `export const tab = { key, title, mount(panel, page) }`, in the list below. `mount`
// fills its panel once and returns { show(), opened(picture) }: `show` is called when the tab is chosen (it says its
// lines with page.lines), `take(file)`, which may be missing, when a file is dropped (true if it is for this tab, which
// then comes to the front), and `opened` when there is another picture, or when the server has come back.
import { h, whole } from "./dom.js";
import { ask, askBytes, upload, Gone } from "./server.js";
import { tab as palette } from "./palette.js";
import { tab as superpixels } from "./superpixels.js";
import { tab as points } from "./points.js";

const TABS = [palette, superpixels, points];

const one = (selector) => document.querySelector(selector);
const note = one("#note");
const said = new Map(); // lines at the top by their topics; the latest is on screen, and behind it the one before
let opening = 0; // the latest file or picture that was asked for
let file = null; // what was dropped on the page, to give it to a server that was started again
let isGone = false;
let current = null;
const shown = {};

export const page = {
  picture: null,
  // Do something with the server; what goes wrong is said in a line, and then null is returned. The line stays until
  // work of its own topic succeeds: success of other work says nothing about it.
  async attempt(work, topic) {
    try {
      const result = await work();
      page.unsay(topic);
      return result;
    } catch (error) {
      if (error instanceof Gone) gone(error.message);
      else page.say(error.message, "error", topic);
      return null;
    }
  },
  ask: (route, fields) => ask(route, { picture: page.picture?.key, ...fields }),
  // Say a line at the top, in place of the one of its topic.
  say(text, kind, topic) {
    said.delete(topic);
    if (kind === "error") said.delete("done"); // which is not the last word any more
    if (text) said.set(topic, { text, kind });
    const last = [...said.values()].at(-1) ?? { text: "", kind: "" };
    one("#said").hidden = !last.text;
    note.textContent = last.text;
    one("#said").dataset.kind = last.kind;
  },
  unsay(topic) {
    if (said.has(topic)) page.say("", "", topic);
  },
  // Show the lines that do the same without the page, if the tab that knows them is in front.
  lines(key, command, python) {
    shown[key] = { command, python };
    if (key !== current) return;
    // what was downloaded is not what is set now
    if (one("#command").textContent !== command) page.unsay("done");
    one("#command").textContent = command;
    one("#python").textContent = python;
    for (const button of document.querySelectorAll("[data-copy]")) button.disabled = !command;
  },
  // Give the user the file that a tab makes, by the name in its lines: those on screen may be of an earlier wish.
  async download(key, wish) {
    const fields = { picture: page.picture?.key, ...wish };
    page.say("making the file …", "", "download");
    const lines = await page.attempt(() => ask(`${key}/lines`, fields), "download");
    if (lines === null) return;
    page.lines(key, lines.command, lines.python);
    await page.give(`${key}/download`, fields, lines.name);
  },
  async give(route, fields, name) {
    page.say(`making ${name} …`, "", "download");
    const data = await page.attempt(() => askBytes(route, fields), "download");
    if (data !== null) page.save(new Blob([data]), name, `${whole(data.byteLength)} bytes`);
  },
  save(blob, name, size) {
    const address = URL.createObjectURL(blob);
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    page.say(`${name}: ${size}`, "", "done");
  },
};

// --- tabs ---

const tabs = TABS.map((tab) => {
  const panel = h("section", { id: `panel-${tab.key}`, role: "tabpanel", hidden: true });
  panel.setAttribute("aria-labelledby", `tab-${tab.key}`);
  const button = h("button", { type: "button", id: `tab-${tab.key}`, role: "tab", onclick: () => choose(tab.key) }, tab.title);
  button.setAttribute("aria-controls", panel.id);
  panel.inert = Boolean(tab.needsPicture);
  one("[role=tablist]").append(button);
  one("#panels").append(panel);
  return { ...tab, panel, button, made: tab.mount(panel, page) };
});

function choose(key) {
  current = key;
  for (const tab of tabs) {
    const isFront = tab.key === key;
    tab.panel.hidden = !isFront;
    tab.button.setAttribute("aria-selected", String(isFront));
    tab.button.tabIndex = isFront ? 0 : -1;
    if (isFront) tab.made.show();
  }
  const { command = "", python = "" } = shown[key] ?? {};
  page.lines(key, command, python);
}

one("[role=tablist]").addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const at = tabs.findIndex((tab) => tab.key === current);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  choose(next.key);
  next.button.focus();
});

// --- the picture ---

async function openPicture(key, now = ++opening) {
  const found = await page.attempt(() => ask("picture/pixels", { picture: key }), "open");
  if (found === null || now !== opening) return; // another one was asked for after this one
  const [pixels] = found.parts;
  page.picture = { ...found, key, pixels };
  one("#name").textContent = one("#name").title = found.name;
  const part = found.step > 1 ? `, every ${found.step}${found.step === 2 ? "nd" : found.step === 3 ? "rd" : "th"} pixel shown` : "";
  const weight = found.bytes < 10000 ? `${whole(found.bytes)} B` : `${whole(Math.round(found.bytes / 1000))} kB`;
  const moves = found.animated ? ", animated: the first frame is shown, quantized files have all" : "";
  one("#size").textContent = `${whole(found.full[0])} × ${whole(found.full[1])}, ${weight}${part}${moves}`;
  document.title = `${found.name} – imgcluster studio`;
  document.body.classList.add("has-picture");
  for (const tab of tabs) {
    tab.panel.inert = false;
    if (tab.needsPicture) page.lines(tab.key, "", ""); // those of the picture before
    tab.made.opened(page.picture);
  }
}

async function openFile(given) {
  const taker = tabs.find((tab) => tab.made.take?.(given));
  if (taker) return taker.key !== current && choose(taker.key);
  const now = ++opening;
  page.say(`reading ${given.name} …`, "", "reading");
  const found = await page.attempt(() => upload(given), "open");
  if (found !== null && now === opening) {
    file = given;
    await openPicture(found.picture, now);
  }
  if (now === opening) page.unsay("reading");
}

one("#dismiss").addEventListener("click", () => page.unsay([...said.keys()].at(-1)));
one("#open").addEventListener("click", () => one("#chooser").click());
one("#chooser").addEventListener("change", () => {
  if (one("#chooser").files.length) openFile(one("#chooser").files[0]);
  one("#chooser").value = "";
});
const isFile = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
  if (!isFile(event)) return;
  event.preventDefault();
  one("#drop").hidden = false;
});
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) one("#drop").hidden = true;
});
addEventListener("drop", (event) => {
  one("#drop").hidden = true;
  if (!isFile(event)) return;
  event.preventDefault();
  if (event.dataTransfer.files.length) openFile(event.dataTransfer.files[0]);
});

// --- copying ---

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const code = one(`#${button.dataset.copy}`);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

// --- the server ---

function gone(why) {
  isGone = true;
  page.say(`${why} What you have set stays here: run 'imgcluster studio' again and open its link; the lines below work without it.`, "error", "server");
}

async function watch() {
  if (document.hidden) return;
  try {
    const { picture } = await ask("start");
    if (!isGone) return;
    isGone = false;
    page.unsay("server");
    if (file) await openFile(file);
    else if (picture) await openPicture(picture);
  } catch (error) {
    if (error instanceof Gone) gone(error.message);
  }
}

choose(tabs[0].key);
setInterval(watch, 3000);
const begun = await page.attempt(() => ask("start"), "open");
if (begun?.picture && !opening) await openPicture(begun.picture);
