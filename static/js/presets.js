/* The prompts that are kept: found by what is typed, their gaps filled in, and put into the message.
   <dialog id="presets" data-from="/api/presets/"><input role="combobox"><div role="listbox"></div>
     <form class="gaps" hidden><h2 data-name></h2><div data-gaps></div><button data-back>…</button></form></dialog> */

// Which of these are gaps the server says.
const GAP = /\{\{\s*([^{}]*?)\s*\}\}/g;

const dialog = document.getElementById("presets");
const field = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const form = dialog.querySelector(".gaps");
const composer = document.querySelector("chat-composer");
let presets = [];
let chosen = null;

const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
const selected = () => list.querySelector("[aria-selected=true]");

function select(option) {
  selected()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

function option(preset) {
  const item = document.createElement("div");
  Object.assign(item, { className: "item", id: `preset-${preset.id}`, role: "option", dir: "auto" });
  item.setAttribute("aria-selected", "false");
  item.dataset.preset = preset.id;
  const words = document.createElement("span");
  const begin = document.createElement("small");
  begin.textContent = preset.text.slice(0, 120);
  words.append(preset.name, begin);
  item.append(words);
  return item;
}

function none(words) {
  const item = document.createElement("p");
  Object.assign(item, { className: "menu-title", role: "option", textContent: words });
  item.setAttribute("aria-disabled", "true");
  item.setAttribute("aria-selected", "false");
  return item;
}

function show() {
  const typed = field.value.trim().toLowerCase();
  const fits = presets.filter(({ name, text }) => `${name}\n${text}`.toLowerCase().includes(typed));
  // Those whose name begins with it come first.
  fits.sort((one, other) => other.name.toLowerCase().startsWith(typed) - one.name.toLowerCase().startsWith(typed));
  list.replaceChildren(...(fits.length ? fits.map(option) : [none(presets.length ? t("No prompt fits.") : t("You have kept none yet."))]));
  select(options()[0]);
  dialog.querySelector("[data-found]").textContent = `${fits.length} ${fits.length === 1 ? "prompt" : "prompts"}`;
}

function use(text) {
  dialog.close();
  composer.field.value = composer.text ? `${text}\n\n${composer.text}` : text;
  composer.changed();
}

/* What is filled in is taken as it is: braces in it are no gaps. */
function filled({ text }, values) {
  return text.replace(GAP, (whole, name) => values.get(name) || whole);
}

function gap(name, index) {
  const box = document.createElement("div");
  box.className = "field";
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { id: `gap-${index}`, name, type: "text", dir: "auto", autocomplete: "off", required: true });
  label.htmlFor = input.id;
  label.textContent = name;
  box.append(label, input);
  return box;
}

function turn(filling) {
  form.hidden = !filling;
  list.hidden = filling;
  field.parentElement.hidden = filling;
}

function choose(id) {
  chosen = presets.find(preset => preset.id === id);
  if (!chosen.variables.length) return use(chosen.text);
  form.querySelector("[data-name]").textContent = chosen.name;
  form.querySelector("[data-gaps]").replaceChildren(...chosen.variables.map(gap));
  turn(true);
  form.querySelector("input").focus();
}

export async function act() {
  if (document.querySelector("dialog[open]")) return;
  field.value = "";
  turn(false);
  dialog.showModal();
  field.focus();
  try {
    const answer = await fetch(dialog.dataset.from);
    if (!answer.ok) throw new Error(answer.status);
    ({ presets } = await answer.json());
    show();
  } catch (error) {
    console.warn(error);
    list.replaceChildren(none(t("Your prompts could not be fetched. Try again in a moment.")));
  }
}

field.addEventListener("input", show);

field.addEventListener("keydown", event => {
  if (event.isComposing) return;
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  // The second slash is one that was meant to be written.
  if (event.key === "/" && !field.value) use("/");
  else if (step) select(all.at((all.indexOf(selected()) + step) % all.length));
  else if (event.key === "Enter" || event.key === "Tab" && !event.shiftKey && selected()) selected()?.click();
  else return;
  event.preventDefault();
});

list.addEventListener("click", event => {
  const { preset } = event.target.closest("[data-preset]")?.dataset ?? {};
  if (preset) choose(preset);
});

form.addEventListener("submit", event => {
  event.preventDefault();
  use(filled(chosen, new Map(new FormData(form))));
});

form.querySelector("[data-back]").addEventListener("click", () => {
  turn(false);
  field.focus();
});

dialog.addEventListener("close", () => composer.field.focus());
