/* Brings questions, retries and edits to the server, each exactly once: keeps them in the outbox until they are
   confirmed, shows them meanwhile, and sends them again after a lost connection. */
import { newId } from "chat/browser";
import { AUTOMATIC_ATTEMPTS } from "chat/outbox";
import { Pending } from "chat/pending";

export class Delivery {
  /* `send(frame)` says whether it went out; `restore(text, ids)` gives words and files back to the reader. */
  constructor({ outbox, tail, send, restore }) {
    Object.assign(this, { outbox, send, restore, connected: false });
    this.pending = new Pending(tail, {
      onsend: client => this.sendAgain(client),
      ondiscard: client => this.giveBack(client),
    });
  }

  /* Show what an earlier page left unsent; true if there was something. */
  resume(conversation) {
    const entries = this.outbox.of(conversation);
    entries.forEach(entry => this.pending.show(entry));
    return entries.length > 0;
  }

  post(frame, { conversation, known, files = [] }) {
    const entry = { conversation, known, files, sent: 0, frame: { ...frame, client_id: newId() } };
    this.outbox.put(entry);
    this.pending.show(entry);
    this.transmit(entry);
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
    for (const entry of this.outbox.of(conversation)) {
      if (arrived(entry.frame.client_id)) this.confirm(entry.frame.client_id);
      else this.transmit(entry);
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

  /* The server has it. True if it was shown as pending. */
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
