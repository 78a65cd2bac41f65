/* The list of chats: the drawer, the row menu with rename and delete, the theme, and signing out.
   <li class="chat-item" data-chat="…"><a><span data-title></span></a><button popovertarget="chat-menu"></button></li> */
import { Outbox } from "chat/outbox";

const WIDE = matchMedia("(width >= 60rem)");
const app = document.querySelector(".app");
const sidebar = document.getElementById("sidebar");
const menu = document.getElementById("chat-menu");
// Pages beside the chat have no thread; what the list needs to know stands on the frame there.
const thread = document.querySelector("chat-thread");
const { dataset } = thread ?? app;
let chosen = null;

const titleOf = row => row.querySelector("[data-title]").textContent;
const address = (row, verb) => `${dataset.base}${row.dataset.chat}/${verb}/`;
function complain(words) {
  if (thread) return thread.dispatchEvent(new CustomEvent("chat-problem", { detail: words }));
  const notice = document.querySelector("[data-problem]");
  notice.querySelector("[data-words]").textContent = words;
  notice.hidden = false;
}

// On a wide screen the sidebar is a column that can be folded away; the popover is only for narrow ones.
function fold(closed) {
  app.dataset.sidebar = closed ? "closed" : "open";
  document.querySelector(closed ? "[data-open-sidebar]" : "[data-close-sidebar]").focus();
}

document.querySelector("[data-close-sidebar]").addEventListener("click", event => {
  if (!WIDE.matches) return;
  event.preventDefault();
  fold(true);
});
document.querySelector("[data-open-sidebar]").addEventListener("click", event => {
  if (!WIDE.matches) return;
  event.preventDefault();
  fold(false);
});
WIDE.addEventListener("change", () => sidebar.matches(":popover-open") && sidebar.hidePopover());

// One menu serves every row: remember which button opened it.
sidebar.addEventListener("click", event => {
  const row = event.target.closest("[popovertarget=chat-menu]")?.closest("[data-chat]");
  if (row) chosen = row;
}, { capture: true });

menu.addEventListener("toggle", ({ newState }) => chosen?.classList.toggle("open", newState === "open"));

menu.querySelector("[data-rename]").addEventListener("click", () => {
  menu.hidePopover();
  const dialog = document.getElementById("rename");
  const field = dialog.querySelector("input");
  field.value = titleOf(chosen);
  dialog.returnValue = "";
  dialog.showModal();
  field.select();
});

menu.querySelector("[data-delete]").addEventListener("click", () => {
  menu.hidePopover();
  const dialog = document.getElementById("delete");
  dialog.querySelector("[data-name]").textContent = titleOf(chosen);
  dialog.returnValue = "";
  dialog.showModal();
});

document.getElementById("rename").addEventListener("close", async ({ target }) => {
  const title = target.querySelector("input").value.trim();
  if (target.returnValue !== "rename" || !title) return;
  await window.htmx.ajax("POST", address(chosen, "rename"), { values: { title, current: dataset.conversation ?? "" }, target: chosen, swap: "outerHTML" });
});

document.getElementById("delete").addEventListener("close", async ({ target }) => {
  if (target.returnValue !== "delete") return;
  await window.htmx.ajax("POST", address(chosen, "delete"), { target: chosen, swap: "delete" });
});

document.body.addEventListener("htmx:responseError", ({ detail }) => {
  complain(detail.xhr.status === 403 ? "This page is too old for that. Reload it and try again." : "That did not work. Try again in a moment.");
});
document.body.addEventListener("htmx:sendError", ({ target }) => {
  // The list is fetched by itself: nobody waits for it, and the sign of the connection says what is wrong.
  if (target.id !== "chats") complain("The server cannot be reached. Try again in a moment.");
});

// The look changes at once; the choice travels to the server by the form's own hx-post.
document.getElementById("user-menu").addEventListener("change", ({ target }) => {
  if (target.name !== "theme") return;
  if (target.value) document.documentElement.dataset.theme = target.value;
  else delete document.documentElement.dataset.theme;
});

// What was written and not sent must not wait in this browser for the next person.
document.querySelector("[data-sign-out]").addEventListener("submit", () => {
  if (thread) thread.dispatchEvent(new Event("chat-forget"));
  else new Outbox(dataset.user).clear();
});
