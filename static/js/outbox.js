/* Questions the server has not confirmed yet, kept in this browser: a lost connection or a reload loses none.
   Each is {conversation, known, files, sent, frame}: whether the server knows the conversation, {id, name} of each file,
   how often it was sent, and what goes over the socket, with a client_id that makes repeats harmless. */
import { forget, keep, recall } from "chat/browser";

// After so many attempts without an answer a person decides whether to send once more.
export const AUTOMATIC_ATTEMPTS = 5;

export class Outbox {
  constructor(user) {
    this.prefix = `chatsite.${user}.`;
    this.name = `${this.prefix}outbox`;
  }

  get entries() {
    return recall(this.name) ?? [];
  }

  of(conversation) {
    return this.entries.filter(entry => entry.conversation === conversation);
  }

  /* A new conversation whose first question never arrived. */
  get unborn() {
    return this.entries.find(({ known }) => !known)?.conversation ?? null;
  }

  find(client) {
    return this.entries.find(({ frame }) => frame.client_id === client);
  }

  put(entry) {
    const { entries } = this;
    // One that was sent keeps its place: else another tab sends the next.
    const place = entries.findIndex(({ frame }) => frame.client_id === entry.frame.client_id);
    entries.splice(place < 0 ? entries.length : place, 1, entry);
    keep(this.name, entries);
  }

  remove(client) {
    const entry = this.find(client);
    const rest = this.entries.filter(({ frame }) => frame.client_id !== client);
    if (entry) keep(this.name, rest.length ? rest : null);
    return entry;
  }

  draftKey(conversation) {
    return `${this.prefix}draft.${conversation}`;
  }

  draft(conversation) {
    return recall(this.draftKey(conversation)) ?? "";
  }

  keepDraft(conversation, text) {
    keep(this.draftKey(conversation), text || null);
  }

  /* The ids of the files that wait to be sent with a draft. */
  files(conversation) {
    return recall(`${this.prefix}files.${conversation}`) ?? [];
  }

  keepFiles(conversation, ids) {
    keep(`${this.prefix}files.${conversation}`, ids.length ? ids : null);
  }

  clear() {
    forget(this.prefix);
  }
}
