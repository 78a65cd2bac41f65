/* What stands around the list of chats: the drawer, signing out, and what could not be done.
   <aside id="sidebar" popover> <button data-close-sidebar> … <div id="user-menu" popover> … <form data-sign-out> </aside> */
import { explain } from "chat/chats";
import { Outbox } from "chat/outbox";

const WIDE = matchMedia("(width >= 60rem)");
const app = document.querySelector(".app");
const sidebar = document.getElementById("sidebar");
// Pages beside the chat have no thread; what the list needs to know stands on the frame there.
const thread = document.querySelector("chat-thread");
const { dataset } = thread ?? app;

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

for (const name of ["close", "open"]) {
  document.querySelector(`[data-${name}-sidebar]`).addEventListener("click", event => {
    if (!WIDE.matches) return;
    event.preventDefault();
    fold(name === "close");
  });
}
WIDE.addEventListener("change", () => sidebar.matches(":popover-open") && sidebar.hidePopover());

document.addEventListener("chats-problem", ({ detail }) => complain(detail));

document.body.addEventListener("htmx:responseError", ({ detail }) => {
  complain(explain(detail.xhr));
});
document.body.addEventListener("htmx:sendError", ({ target }) => {
  // The list is fetched by itself: nobody waits for it, and the sign of the connection says what is wrong.
  if (target.id !== "chats") complain(t("The server cannot be reached. Try again in a moment."));
});

// What was written and not sent must not wait in this browser for the next person.
document.querySelector("[data-sign-out]").addEventListener("submit", () => {
  if (thread) thread.dispatchEvent(new Event("chat-forget"));
  else new Outbox(dataset.user).clear();
});

// The days of the list are those of the reader's own time zone, which only the browser knows.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone && !document.cookie.split("; ").includes(`zone=${timeZone}`)) {
  document.cookie = `zone=${timeZone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  document.body.dispatchEvent(new Event("chats-changed"));
}
