/* The turns on the page, oldest first: finding, adding, replacing and cutting them.
   <div id="thread"> <chat-message data-turn> <chat-message data-turn> <div data-turn-end data-status> … <div data-tail></div></div> */
import { fragment } from "chat/html";

export class Transcript {
  constructor(log, tail) {
    Object.assign(this, { log, tail });
  }

  find(message) {
    return document.getElementById(`m-${message}`);
  }

  /* The question that was sent under this client_id, if it is on the page. */
  asked(client) {
    return this.log.querySelector(`[data-client="${CSS.escape(client)}"]`);
  }

  messagesOf(turn) {
    return [...this.log.querySelectorAll(`:scope > chat-message[data-turn="${CSS.escape(turn)}"]`)];
  }

  endOf(turn) {
    return this.log.querySelector(`:scope > [data-turn-end="${CSS.escape(turn)}"]`);
  }

  get lastEnd() {
    return [...this.log.querySelectorAll(":scope > [data-turn-end]")].at(-1);
  }

  /* The message that is being written, or the last one of the turn. */
  answerOf(turn) {
    return this.messagesOf(turn).findLast(message => message.prose);
  }

  /* Id and status of each turn; one that is not over is "open". */
  get turns() {
    const ids = new Set([...this.log.querySelectorAll(":scope > chat-message")].map(message => message.dataset.turn));
    return [...ids].map(id => ({ id, status: this.endOf(id)?.dataset.status ?? "open" }));
  }

  get last() {
    return this.turns.at(-1)?.id ?? null;
  }

  has(turn) {
    return this.messagesOf(turn).length > 0;
  }

  /* Whether the page shows the turns of a snapshot, in the state they are in. Further ones may stand above them. */
  agrees({ turns, messages }) {
    // Above a link to more of them, turns are missing.
    const shown = this.turns.filter(({ id }) => this.messagesOf(id)[0].matches(":not(:has(~ [data-later]))"));
    const known = this.log.querySelector("[data-earlier], [data-later]") ? turns.slice(-shown.length) : turns;
    if (known.length > shown.length || (!turns.length && shown.length)) return false;
    const tail = shown.slice(shown.length - known.length);
    const same = known.every(({ id, status }, index) => {
      const open = status === "queued" || status === "running";
      return tail[index].id === id && tail[index].status === (open ? "open" : status);
    });
    return same && messages.every(message => this.find(message.id));
  }

  /* At the end; what a tool does stands before the answer that asked for it. */
  add(nodes) {
    const { role, turn } = nodes.querySelector("chat-message")?.dataset ?? {};
    const answer = role === "tool" && this.answerOf(turn);
    (answer || this.tail).before(nodes);
  }

  /* Show other turns instead. */
  fill(html) {
    this.cut(null);
    this.add(fragment(html));
  }

  /* Remove what came after `parent`, or everything; true if there were turns. */
  cut(parent) {
    const before = this.turns.length;
    const kept = parent && (this.endOf(parent) ?? this.messagesOf(parent).at(-1));
    // Who has read the conversation stands above all turns, and stays.
    const note = this.log.querySelector(":scope > [data-read-by]");
    let next = kept ? kept.nextSibling : note ? note.nextSibling : this.log.firstChild;
    while (next !== this.tail) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
    return this.turns.length < before;
  }

  /* Close a turn with the notices and buttons that stand under it. */
  end(turn, status, html) {
    const messages = this.messagesOf(turn);
    messages.forEach(message => message.finish(status));
    this.endOf(turn)?.remove();
    messages.at(-1)?.after(fragment(html));
  }
}
