/* Choosing several chats, to do the same to all of them.
   <aside id="sidebar" data-choosing> <li data-chat><input type="checkbox">…</li>
     <div data-choosing hidden><p data-count></p><button data-arrange="…"></button><button data-done></button></div> </aside> */
import { arrange } from "chat/arrange";

const sidebar = document.getElementById("sidebar");
const list = document.getElementById("chats");
const bar = sidebar.querySelector(".side-choose");
let last = null;
let atEnd = () => {};

const boxes = () => [...list.querySelectorAll("[data-chat] > input[type=checkbox]")];
const chosen = () => boxes().filter(box => box.checked).map(box => box.closest("[data-chat]"));

function tell() {
  const number = chosen().length;
  bar.querySelector("[data-count]").textContent = number ? t("{number} selected", { number }) : t("Select chats");
  for (const button of bar.querySelectorAll("[data-arrange], [data-tagging]")) button.disabled = !number;
}

/* Begin with these; `over` is called at the end. */
export function begin(rows, over) {
  atEnd = over;
  sidebar.dataset.choosing = "";
  bar.hidden = false;
  for (const row of rows) row.querySelector("input").checked = true;
  rows[0]?.querySelector("input").focus();
  last = rows[0]?.querySelector("input") ?? null;
  tell();
}

function end() {
  delete sidebar.dataset.choosing;
  bar.hidden = true;
  for (const box of boxes()) box.checked = false;
  atEnd();
}

list.addEventListener("click", event => {
  const row = event.target.closest("[data-chat]");
  if (sidebar.dataset.choosing === undefined || !row) return;
  const box = row.querySelector("input");
  if (event.target.closest("a")) {
    event.preventDefault();
    box.checked = !box.checked;
  } else if (event.target !== box) return;
  // With Shift: all from the one before.
  const all = boxes();
  if (event.shiftKey && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  tell();
});

bar.addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.done !== undefined) end();
  else if (button.dataset.tagging !== undefined) (await import("chat/tagging")).open(chosen());
  else if (await arrange(button.dataset.arrange, chosen())) end();
});

document.addEventListener("chats-tagged", () => sidebar.dataset.choosing !== undefined && end());

sidebar.addEventListener("keydown", event => {
  if (event.key !== "Escape" || sidebar.dataset.choosing === undefined) return;
  event.preventDefault();
  end();
});
