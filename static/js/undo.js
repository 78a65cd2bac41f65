/* Says what was done, and offers to undo it for a while; also on the page that is loaded next.
   <div id="toast" popover="manual"><p data-words></p><button data-undo></button><button data-close></button></div> */
import { post } from "chat/server";

const NAME = "chatsite.undo";
const toast = document.getElementById("toast");
const words = toast.querySelector("[data-words]");
const button = toast.querySelector("[data-undo]");
let timer;

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME));
  } catch {
    return null;
  }
}

function remember(offer) {
  try {
    if (offer) sessionStorage.setItem(NAME, JSON.stringify(offer));
    else sessionStorage.removeItem(NAME);
  } catch (error) {
    console.warn("What can be undone is not kept for the next page.", error);
  }
}

function close() {
  clearTimeout(timer);
  remember(null);
  if (toast.matches(":popover-open")) toast.hidePopover();
}

function show(offer) {
  clearTimeout(timer);
  // Shown anew, so that it lies above a drawer that was opened meanwhile.
  if (toast.matches(":popover-open")) toast.hidePopover();
  toast.showPopover();
  button.hidden = !offer.undo;
  words.textContent = offer.words;
  button.onclick = () => undo(offer);
  timer = setTimeout(close, offer.until - Date.now());
}

/* Offer for so many seconds to post `undo.fields` to `undo.address`; `undo.open` is where to go then, if anywhere. */
export function offer(text, undo, seconds) {
  const made = { words: text, undo, until: Date.now() + seconds * 1000 };
  remember(made);
  show(made);
}

async function undo({ undo: { address, fields, open } }) {
  button.hidden = true;
  try {
    await post(address, fields);
  } catch (error) {
    console.warn(error);
    words.textContent = error.status === 404 ? t("That can no longer be undone.") : t("That could not be undone. Try again in a moment.");
    button.hidden = error.status === 404;
    return;
  }
  close();
  if (open) location.assign(open);
  else document.body.dispatchEvent(new Event("chats-changed"));
}

toast.querySelector("[data-close]").addEventListener("click", close);
const before = recall();
if (before && before.until > Date.now()) show(before);
