/* The list of chats: its menu, and what is told live: which chat is being answered, and which has an answer nobody has
   looked at.
   <li class="chat-item" data-chat="…" data-running data-unread data-pinned data-tags="…"><input type="checkbox">
     <a><span data-title></span><span data-news></span></a><button popovertarget="chat-menu"></button></li> */
import { Socket } from "chat/socket";

const { dataset } = document.querySelector("chat-thread") ?? document.querySelector(".app");
const sidebar = document.getElementById("sidebar");
const list = document.getElementById("chats");
const menu = document.getElementById("chat-menu");
let chosen = null;
let missed = false;

export const base = dataset.base;
export const current = () => dataset.conversation;
export const titleOf = row => row.querySelector("[data-title]").textContent;
export const complain = words => document.dispatchEvent(new CustomEvent("chats-problem", { detail: words }));
export const explain = ({ status }) =>
  status === 403 ? "This page is too old for that. Reload it and try again." : "That did not work. Try again in a moment.";

// What is used now and then is fetched when it is.
const tools = {
  arrange: async (verb, rows) => (await import("chat/arrange")).arrange(verb, rows),
  rename: async row => (await import("chat/renaming")).rename(row, () => missed && refresh()),
  choose: async rows => (await import("chat/choosing")).begin(rows, () => missed && refresh()),
  tag: async rows => (await import("chat/tagging")).open(rows),
};

async function use(tool, ...what) {
  try {
    await tools[tool](...what);
  } catch (error) {
    console.warn(error);
    complain(explain(error));
  }
}

// -- the menu: one serves every row, so remember which button opened it

sidebar.addEventListener("click", event => {
  const row = event.target.closest("[popovertarget=chat-menu]")?.closest("[data-chat]");
  if (row) chosen = row;
}, { capture: true });

menu.addEventListener("toggle", ({ newState }) => {
  chosen?.classList.toggle("open", newState === "open");
});

menu.addEventListener("beforetoggle", ({ newState }) => {
  if (newState !== "open" || !chosen) return;
  const pinned = chosen.dataset.pinned !== undefined;
  menu.querySelector("[data-arrange=pin]").hidden = pinned;
  menu.querySelector("[data-arrange=unpin]").hidden = !pinned;
});

menu.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  menu.hidePopover();
  if (button.dataset.arrange) use("arrange", button.dataset.arrange, [chosen]);
  else if (button.dataset.rename !== undefined) use("rename", chosen);
  else use(button.dataset.tagging === undefined ? "choose" : "tag", [chosen]);
});

// The same, where a form stands for it.
document.addEventListener("submit", event => {
  const form = event.target.closest("form[data-arrange]");
  if (!form) return;
  event.preventDefault();
  use("arrange", event.submitter.value, [form.closest("[data-chat]")]);
});

// What was done on the page before this one may still be undone.
try {
  if (sessionStorage.getItem("chatsite.undo")) import("chat/undo");
} catch (error) {
  console.warn("This browser keeps nothing for the next page.", error);
}

// -- what is told

function refresh() {
  document.body.dispatchEvent(new Event("chats-changed"));
}

// As long as it was, and not while the reader is at work in it.
list.addEventListener("htmx:configRequest", event => {
  if (event.target !== list) return;
  missed = Boolean(list.querySelector(".rename")) || sidebar.dataset.choosing !== undefined;
  if (missed) event.preventDefault();
  else event.detail.parameters.shown = list.querySelectorAll("[data-chat]:not([data-pinned])").length;
});

function hear({ type, chat, running }) {
  const row = document.getElementById(`chat-${chat}`);
  if (type === "chats.changed" || (running && !row)) return refresh();
  if (!row) return;
  const here = row.querySelector("[aria-current]");
  if (type === "chats.running") {
    row.toggleAttribute("data-running", running);
    row.toggleAttribute("data-unread", !running && !here);
    // It was said something in just now: it belongs to the top.
    if (running) refresh();
  } else if (type === "chats.seen") row.removeAttribute("data-unread");
  const { running: busy, unread } = row.dataset;
  row.querySelector("[data-news]").textContent = busy !== undefined ? ", being answered" : unread !== undefined ? ", new answer" : "";
}

document.addEventListener("chats-news", ({ detail }) => hear(detail));

// Where no conversation is open, or the one that was is gone, this page listens by itself.
let socket = null;
function listen() {
  if (socket) return;
  let before = false;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new Socket(`${scheme}//${location.host}/ws/chats/`, {
    onframe: frame => frame.type.startsWith("chats.") && hear(frame),
    onstate: state => {
      if (state !== "open") return;
      socket.settle();
      if (before) refresh();
      before = true;
    },
  });
}

document.addEventListener("chats-alone", listen);
if (!document.querySelector("chat-thread")) listen();
