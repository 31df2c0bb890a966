// What is set, for a folder: a preset in imgcluster.toml, and the line that applies it.
import { h } from "./dom.js";
import { Refused } from "./server.js";

// A part of the controls; `route` writes the preset of what `wish()` returns.
export function folder(page, route, wish) {
  const name = h("input", { type: "text", className: "preset", value: "studio", spellcheck: false, ariaLabel: "Name of the preset" });
  const line = h("code", { tabIndex: 0, hidden: true });
  const save = h("button", { type: "button", onclick: () => write(false) }, "Save preset");
  const replace = h("button", { type: "button", hidden: true, onclick: () => write(true) }, "Replace it");
  name.addEventListener("input", () => {
    replace.hidden = true;
    page.unsay("preset");
  });

  async function write(isAgain) {
    if (!page.picture) return;
    page.unsay("preset");
    const found = await page.attempt(async () => {
      try {
        return await page.ask(route, { ...wish(), name: name.value.trim(), replace: isAgain });
      } catch (error) {
        replace.hidden = !(error instanceof Refused && error.message.includes("replace it"));
        throw error;
      }
    }, "preset");
    if (found === null) return;
    replace.hidden = true;
    line.textContent = found.command;
    line.hidden = false;
    page.say(`imgcluster.toml, in the folder that the studio was started in, has the preset ${name.value.trim()}`, "", "done");
  }

  return h("fieldset", {}, h("legend", {}, "Folder"), h("div", { className: "pair" }, name, save), replace, line,
    h("p", { className: "hint" }, "For all pictures of a folder: what is set here, as a preset."));
}
