/* The list of chats, and what is told of it live.
   <li class="chat-item" data-chat="…" data-running data-unread data-pinned data-tags="…"><input type="checkbox">
     <a><span data-title></span><span data-news></span></a><button popovertarget="chat-menu"></button></li> */
const { dataset } = document.querySelector("chat-thread") ?? document.querySelector(".app");
const sidebar = document.getElementById("sidebar");
const list = document.getElementById("chats");
let missed = false;

export const base = dataset.base;
export const current = () => dataset.conversation;
export const titleOf = row => row.querySelector("[data-title]").textContent;
export const complain = words => document.dispatchEvent(new CustomEvent("chats-problem", { detail: words }));
export const explain = ({ status }) =>
  status === 403 ? t("This page is too old for that. Reload it and try again.") : t("That did not work. Try again in a moment.");

// What was done on the page before this one may still be undone.
try {
  if (sessionStorage.getItem("chatsite.undo")) import("chat/undo");
} catch (error) {
  console.warn("This browser keeps nothing for the next page.", error);
}

export function refresh() {
  document.body.dispatchEvent(new Event("chats-changed"));
}

/* What the list waited for is done. */
export const over = () => missed && refresh();

// As long as it was, and not under the reader's hands.
const busy = () => (missed = Boolean(sidebar.querySelector(".rename, :popover-open")) || sidebar.dataset.choosing !== undefined);
list.addEventListener("htmx:configRequest", event => {
  if (event.target !== list) return;
  if (busy()) event.preventDefault();
  else event.detail.parameters.shown = list.querySelectorAll("[data-chat]:not([data-pinned])").length;
});
list.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  if (target === list && busy()) detail.shouldSwap = false;
});

export function hear({ type, chat, running }) {
  const row = document.getElementById(`chat-${chat}`);
  if (type === "chats.changed" || (running && !row)) return refresh();
  if (!row) return;
  const here = row.querySelector("[aria-current]");
  if (type === "chats.running") {
    row.toggleAttribute("data-running", running);
    row.toggleAttribute("data-unread", !running && !here);
    // Now it belongs to the top.
    if (running) refresh();
  } else if (type === "chats.seen") row.removeAttribute("data-unread");
  const { running: now, unread } = row.dataset;
  row.querySelector("[data-news]").textContent = now !== undefined ? t(", being answered") : unread !== undefined ? t(", new answer") : "";
}

document.addEventListener("chats-news", ({ detail }) => hear(detail));

const alone = () => import("chat/alone").catch(error => console.warn(error));
document.addEventListener("chats-alone", alone);
if (!document.querySelector("chat-thread")) alone();
