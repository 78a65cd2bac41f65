/* The palette: chats, commands and settings by what is typed. The server says what fits; this moves through it.
   <dialog id="palette"><input role="combobox" data-from="/palette/"><div role="listbox"></div><p data-found></p></dialog> */
import { fragment } from "chat/html";
import { get, token } from "chat/server";

const PAUSE_MILLISECONDS = 120;

const dialog = document.getElementById("palette");
const field = dialog.querySelector("input");
const list = dialog.querySelector("[role=listbox]");
const thread = document.querySelector("chat-thread");
let timer;
let asked = 0;

const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];
const chosen = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
}

async function show() {
  const number = ++asked;
  const query = new URLSearchParams({ q: field.value, current: thread?.dataset.known === undefined ? "" : thread.dataset.conversation });
  try {
    const html = await get(`${field.dataset.from}?${query}`);
    // What was typed before is of no interest any more.
    if (number !== asked) return;
    list.replaceChildren(fragment(html));
    choose(options()[0]);
    const { length } = options();
    dialog.querySelector("[data-found]").textContent = `${length} ${length === 1 ? "result" : "results"}`;
  } catch (error) {
    console.warn(error);
    if (number === asked) list.textContent = t("This could not be fetched. Try again in a moment.");
  }
}

/* Open it, or close it. */
export function act() {
  if (dialog.open) return dialog.close();
  if (document.querySelector("dialog[open]")) return;
  field.value = "";
  dialog.showModal();
  field.focus();
  show();
}

async function archive(address) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const { ok } = await fetch(address, { method: "PATCH", body: '{"archived": true}', headers });
  if (ok) location.assign(thread.dataset.base);
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MILLISECONDS);
});

field.addEventListener("keydown", event => {
  if (event.isComposing) return;
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(all.at((all.indexOf(chosen()) + step) % all.length));
  else if (event.key === "Enter") chosen()?.click();
  else return;
  event.preventDefault();
});

list.addEventListener("click", event => {
  const { click, archive: address } = event.target.closest("[role=option]")?.dataset ?? {};
  if (!click && !address) return;
  event.preventDefault();
  dialog.close();
  if (click) document.querySelector(click)?.click();
  else archive(address);
});
