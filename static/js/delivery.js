/* Brings questions, retries and edits to the server, each once and in order: kept in the outbox until confirmed, shown
   meanwhile, waiting while an answer is written, sent again after a lost connection. */
import { newId } from "chat/browser";
import { AUTOMATIC_ATTEMPTS } from "chat/outbox";
import { Pending } from "chat/pending";

export class Delivery {
  /* `send(frame)` says whether it went out, `busy()` whether an answer is being written; `restore(text, ids)` gives words
     and files back to the reader. */
  constructor({ outbox, tail, send, busy, restore }) {
    Object.assign(this, { outbox, send, busy, restore, connected: false });
    this.pending = new Pending(tail, {
      onsend: client => this.sendAgain(client),
      ondiscard: client => this.giveBack(client),
      ondrop: client => this.confirm(client),
    });
  }

  /* Show what an earlier page left unsent; true if there was something. */
  resume(conversation) {
    const entries = this.outbox.of(conversation);
    entries.forEach(entry => this.pending.show(entry));
    return entries.length > 0;
  }

  post(frame, { conversation, known, files = [] }) {
    const waits = this.busy() || this.outbox.of(conversation).length > 0;
    const entry = { conversation, known, files, sent: 0, frame: { ...frame, client_id: newId() } };
    this.outbox.put(entry);
    this.pending.show(entry);
    if (waits) this.pending.note(entry, this.connected, true);
    else this.transmit(entry);
  }

  transmit(entry) {
    if (this.connected && entry.sent < AUTOMATIC_ATTEMPTS && this.send(entry.frame)) {
      entry.sent += 1;
      this.outbox.put(entry);
    }
    this.pending.note(entry, this.connected);
  }

  /* There is a connection again. `arrived(client)` says whether the server has that one already. */
  open(conversation, arrived) {
    this.connected = true;
    for (const { frame } of this.outbox.of(conversation)) if (arrived(frame.client_id)) this.confirm(frame.client_id);
    this.next(conversation);
  }

  /* Send the first of what waits, unless an answer is being written; each starts an answer, so the others go on waiting. */
  next(conversation) {
    this.outbox.of(conversation).forEach((entry, place) => {
      if (place || this.busy()) this.pending.note(entry, this.connected, true);
      else this.transmit(entry);
    });
  }

  /* Show what another tab has put into the outbox, and nothing of what it has taken out. */
  mirror(conversation) {
    const entries = this.outbox.of(conversation);
    this.pending.keepOnly(entries.map(({ frame }) => frame.client_id));
    for (const entry of entries) {
      this.pending.show(entry);
      if (!entry.sent) this.pending.note(entry, this.connected, this.busy());
    }
  }

  close(conversation) {
    this.connected = false;
    this.outbox.of(conversation).forEach(entry => this.pending.note(entry, false));
  }

  sendAgain(client) {
    const entry = this.outbox.find(client);
    if (entry) this.transmit({ ...entry, sent: 0 });
  }

  /* The server has it, or nobody wants it any more. True if it was shown as pending. */
  confirm(client) {
    this.outbox.remove(client);
    return this.pending.remove(client);
  }

  /* The server does not want it, or the reader has thought better of it. */
  giveBack(client) {
    const entry = this.outbox.remove(client);
    this.pending.remove(client);
    this.restore(entry?.frame.text, entry?.frame.attachments ?? []);
    return entry;
  }
}
