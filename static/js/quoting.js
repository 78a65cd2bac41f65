/* Offers to quote what is selected in an answer: a button below the selection, next in the order of the Tab key, and Alt+Q.
   Built from <template id="piece-quote">. */
import { piece } from "chat/html";

const GAP_PIXELS = 6;
const button = piece("quote");

/* The selection, if it lies within one answer. */
function chosen() {
  const selection = document.getSelection();
  if (selection.isCollapsed || !selection.rangeCount || !selection.toString().trim()) return null;
  const range = selection.getRangeAt(0);
  const node = range.commonAncestorContainer;
  const prose = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest("#thread .answer .prose");
  return prose && { range, text: selection.toString(), message: prose.closest("chat-message") };
}

/* Show the button where the selection is now; none without one. */
export function offer() {
  const { range, message } = chosen() ?? {};
  if (!range) {
    // Kept while the Tab key is on it.
    if (document.activeElement !== button) button.remove();
    return;
  }
  if (button.parentElement !== message) message.append(button);
  const rects = range.getClientRects();
  const end = rects[rects.length - 1] ?? range.getBoundingClientRect();
  const box = message.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = button;
  button.style.top = `${Math.min(end.bottom - box.top + GAP_PIXELS, box.height - height)}px`;
  button.style.left = `${Math.max(0, Math.min(end.right - box.left - width / 2, box.width - width))}px`;
}

/* Put the selected words before what is written next. */
export function act() {
  const { text } = chosen() ?? {};
  if (!text) return;
  const composer = document.querySelector("chat-composer");
  const { field } = composer;
  const before = field.value.trimEnd();
  field.value = `${before}${before && "\n\n"}${text.trim().replace(/^/gm, "> ")}\n\n`;
  composer.changed();
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
  document.getSelection().empty();
  button.remove();
}

document.addEventListener("selectionchange", offer);
// Pressing it must not take the selection away.
button.addEventListener("pointerdown", event => event.preventDefault());
button.addEventListener("click", () => act());
