/* Offers to quote what is selected in an answer: a button below the selection, next in the order of the Tab key, and Alt+Q.
   Built from <template id="piece-quote">. */
import { piece } from "chat/html";

const GAP_PIXELS = 6;

export class Quoting {
  /* `onquote(text)` gets the words. */
  constructor(log, { onquote }) {
    Object.assign(this, { log, onquote, button: piece("quote"), watch: new AbortController() });
    const { signal } = this.watch;
    document.addEventListener("selectionchange", () => this.changed(), { signal });
    document.addEventListener("keydown", event => this.pressed(event), { signal });
    // Pressing it must not take the selection away.
    this.button.addEventListener("pointerdown", event => event.preventDefault());
    this.button.addEventListener("click", () => this.quote());
  }

  close() {
    this.watch.abort();
  }

  /* The selection, if it lies within one answer. */
  get chosen() {
    const selection = document.getSelection();
    if (selection.isCollapsed || !selection.rangeCount || !selection.toString().trim()) return null;
    const range = selection.getRangeAt(0);
    const node = range.commonAncestorContainer;
    const prose = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest(".answer .prose");
    return prose && this.log.contains(prose) ? { range, text: selection.toString(), message: prose.closest("chat-message") } : null;
  }

  changed() {
    const { chosen } = this;
    if (!chosen) {
      // Kept while the Tab key is on it.
      if (document.activeElement !== this.button) this.button.remove();
      return;
    }
    const { range, message } = chosen;
    if (this.button.parentElement !== message) message.append(this.button);
    const rects = range.getClientRects();
    const end = rects[rects.length - 1] ?? range.getBoundingClientRect();
    const box = message.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.button;
    this.button.style.top = `${Math.min(end.bottom - box.top + GAP_PIXELS, box.height - height)}px`;
    this.button.style.left = `${Math.max(0, Math.min(end.right - box.left - width / 2, box.width - width))}px`;
  }

  pressed(event) {
    // The key and not the letter: with Alt, some keyboards write another one.
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyQ" || !this.chosen) return;
    event.preventDefault();
    this.quote();
  }

  quote() {
    const { chosen } = this;
    if (!chosen) return;
    this.onquote(chosen.text);
    document.getSelection().empty();
    this.button.remove();
  }
}
