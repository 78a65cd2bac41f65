/* The question as the reader wrote it, shown from the moment it is sent until the server has it.
   Built from <template id="piece-pending"> and <template id="piece-file">. */
import { piece } from "chat/html";
import { AUTOMATIC_ATTEMPTS } from "chat/outbox";

export class Pending {
  constructor(tail, { onsend, ondiscard, ondrop }) {
    Object.assign(this, { tail, onsend, ondiscard, ondrop, bubbles: new Map() });
  }

  show(entry) {
    const { client_id: client, text } = entry.frame;
    if (text === undefined || this.bubbles.has(client)) return;
    const bubble = piece("pending");
    bubble.querySelector("[data-text]").textContent = text;
    bubble.querySelector("[data-text]").hidden = !text;
    this.attach(bubble, entry.files ?? []);
    bubble.querySelector("[data-send-now]").addEventListener("click", () => this.onsend(client));
    bubble.querySelectorAll("[data-discard], [data-edit]").forEach(button => button.addEventListener("click", () => this.ondiscard(client)));
    bubble.querySelector("[data-drop]").addEventListener("click", () => this.ondrop(client));
    this.bubbles.set(client, bubble);
    // Before the words on what is going on, which are always last.
    this.tail.insertBefore(bubble, this.tail.querySelector("[data-working]"));
  }

  attach(bubble, files) {
    const row = bubble.querySelector("[data-files]");
    row.hidden = !files.length;
    for (const { name } of files) {
      const shown = piece("file");
      shown.querySelector("[data-name]").textContent = name;
      row.append(shown);
    }
  }

  /* Say how things stand: whether there is a connection, and whether sending goes on by itself; `waits` for an answer. */
  note(entry, connected, waits = false) {
    const bubble = this.bubbles.get(entry.frame.client_id);
    if (!bubble) return;
    const stuck = entry.sent >= AUTOMATIC_ATTEMPTS;
    if (bubble.hasAttribute("data-waits") !== waits) {
      // What waits stands below the words on what is going on.
      bubble.toggleAttribute("data-waits", waits);
      this.tail.insertBefore(bubble, waits ? null : this.tail.querySelector("[data-working]"));
    }
    const note = bubble.querySelector("[data-note]");
    const words = connected ? t("Sending…") : t("Not sent yet. It goes out when the connection is back.");
    note.textContent = stuck ? t("Not sent") : waits && connected ? t("Waiting. It is sent when the answer is finished.") : words;
    bubble.querySelector("[data-send-now]").hidden = !stuck;
    bubble.querySelector("[data-discard]").hidden = waits || (connected && !stuck);
    bubble.querySelectorAll("[data-edit], [data-drop]").forEach(button => (button.hidden = !waits));
  }

  /* Remove all but those of these clients. */
  keepOnly(clients) {
    for (const client of [...this.bubbles.keys()]) if (!clients.includes(client)) this.remove(client);
  }

  /* True if there was one. */
  remove(client) {
    this.bubbles.get(client)?.remove();
    return this.bubbles.delete(client);
  }
}
