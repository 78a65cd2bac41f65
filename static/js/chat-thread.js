/* The conversation: hears what happens over the socket and shows it; sends what the reader asks for.
   <chat-thread data-conversation="…" data-base="/chat/" data-user="…" data-known data-empty data-running>
     <h1 data-title></h1> <div id="thread" role="log">messages… <div data-tail><p data-working></p></div></div>
     <p role="status" data-announce></p> <chat-composer></chat-composer>
   </chat-thread> */
import { Delivery } from "chat/delivery";
import { fragment } from "chat/html";
import { Outbox } from "chat/outbox";
import { Scrolling } from "chat/scrolling";
import { get } from "chat/server";
import { Sign } from "chat/sign";
import { Socket } from "chat/socket";
import { Transcript } from "chat/transcript";
import { Working } from "chat/working";

const SYNC_SECONDS = 0.6;
// The close code of a conversation that does not exist.
const GONE = 4404;
const rare = () => import("chat/rare");

export class ChatThread extends HTMLElement {
  connectedCallback() {
    this.log = this.querySelector("#thread");
    const tail = this.querySelector("[data-tail]");
    this.transcript = new Transcript(this.log, tail);
    this.composer = this.querySelector("chat-composer");
    this.outbox = new Outbox(this.dataset.user);
    this.working = new Working(this.querySelector("[data-working]"));
    this.scrolling = new Scrolling(this.log, this.querySelector("[data-jump]"));
    this.delivery = new Delivery({
      outbox: this.outbox,
      tail,
      send: frame => this.socket.send(frame),
      busy: () => Boolean(this.running),
      restore: (text, ids) => this.composer.restore(text, ids),
    });
    this.sign = new Sign(this.querySelector("[data-connection]"));
    this.synced = new Map();
    this.line = Promise.resolve();
    this.adopt();
    this.listen();
    this.composer.restore(this.outbox.draft(this.draftName), this.outbox.files(this.draftName));
    if (this.delivery.resume(this.id_)) this.begin();
    this.running = this.dataset.running === undefined ? null : this.transcript.last;
    this.place();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new Socket(`${scheme}//${location.host}/ws/conversations/${this.id_}/?format=html`, {
      onframe: frame => this.enqueue(frame, this.socket.generation),
      onstate: state => this.connection(state),
    });
  }

  disconnectedCallback() {
    this.socket.close();
    this.scrolling.close();
  }

  /* At the end, or at the message that was looked for. */
  place() {
    this.querySelector("[data-open-version]")?.requestSubmit();
    const message = this.dataset.place && this.transcript.find(this.dataset.place);
    if (message) rare().then(({ seek }) => seek(this, message)).catch(error => console.warn(error));
    else this.scrolling.toEnd();
  }

  get id_() {
    return this.dataset.conversation;
  }

  get known() {
    return this.dataset.known !== undefined;
  }

  get draftName() {
    return this.known ? this.id_ : "new";
  }

  /* A first question that never arrived belongs to a conversation only this browser knows: go on with that one. */
  adopt() {
    const unborn = this.outbox.unborn;
    if (!this.known && unborn) {
      this.dataset.conversation = unborn;
      this.composer.querySelector("[name=conversation_id]").value = unborn;
    }
  }

  listen() {
    this.addEventListener("chat-send", ({ detail }) => this.start(detail));
    this.addEventListener("chat-files", ({ detail }) => this.outbox.keepFiles(this.draftName, detail.ids));
    this.addEventListener("chat-draft", ({ detail }) => this.outbox.keepDraft(this.draftName, detail.text));
    this.addEventListener("chat-stop", () => this.stop());
    this.addEventListener("chat-announce", ({ detail }) => this.announce(detail));
    this.addEventListener("chat-problem", ({ detail }) => this.problem(detail));
    this.addEventListener("submit", event => this.submitted(event));
    this.addEventListener("click", ({ target }) => target.closest("[data-dismiss]") && this.problem(null));
    document.addEventListener("keydown", event => {
      const elsewhere = event.defaultPrevented || document.querySelector(":popover-open, dialog[open]");
      if (event.key === "Escape" && !event.isComposing && !elsewhere) this.composer.stop();
    });
    this.addEventListener("chat-forget", () => this.forget());
    window.addEventListener("storage", ({ key }) => this.elsewhere(key));
  }

  // -- asking ---------------------------------------------------------------------------------------------------

  /* Another tab has kept something: what is written and what waits is the same in all of them. */
  elsewhere(key) {
    if (key === this.outbox.name) this.delivery.mirror(this.id_);
    else if (key === this.outbox.draftKey(this.draftName)) this.composer.adopt(this.outbox.draft(this.draftName));
  }

  start({ text, files }) {
    const frame = { type: "turn.start", text, model: this.composer.model };
    if (files.length) frame.attachments = files.map(({ id }) => id);
    this.ask(frame, files);
  }

  ask(frame, files = []) {
    this.problem(null);
    this.delivery.post(frame, { conversation: this.id_, known: this.known, files });
    if (frame.text !== undefined) this.begin();
    this.scrolling.toEnd();
  }

  /* Leave nothing of what was written and not sent in this browser. */
  forget() {
    this.composer.clear();
    this.outbox.clear();
  }

  stop() {
    this.stopping = this.running;
    if (this.running) this.socket.send({ type: "turn.stop", turn: this.running });
  }

  /* The page is no longer that of an empty chat. */
  begin() {
    if (this.dataset.empty === undefined) return;
    delete this.dataset.empty;
    this.querySelector("[data-title]").hidden = false;
    this.composer.field.placeholder = t("Ask a follow-up…");
    for (const part of this.querySelectorAll(".welcome, .suggestions")) part.remove();
  }

  /* The conversation exists now. */
  async born() {
    if (!this.known) (await rare()).born(this);
  }

  // -- hearing --------------------------------------------------------------------------------------------------

  /* One after the other, because a frame may have to wait for the thread to be fetched; what is left over from an
     earlier connection is dropped, the next snapshot holds it. */
  enqueue(frame, generation) {
    const hear = () => generation === this.socket.generation && this.hear(frame);
    this.line = this.line.then(hear).catch(error => this.confused(error));
  }

  async hear(frame) {
    // Of the list beside, which looks after itself.
    if (frame.type.startsWith("chats.")) return document.dispatchEvent(new CustomEvent("chats-news", { detail: frame }));
    // An empty chat has no message yet, and does not fetch what becomes of one.
    if (frame.conversation !== null) await import("chat/message");
    switch (frame.type) {
      case "conversation.snapshot":
        return this.snapshot(frame);
      case "turn.started":
        return this.started(frame);
      case "message.created":
        return this.created(frame);
      case "turn.status":
        return this.stage(frame);
      case "message.delta":
      case "message.snapshot":
      case "message.completed":
        return this.message(frame);
      case "message.redacted":
      case "tool.asked":
      case "tool.returned":
        return (await rare()).returned(this, frame);
      case "turn.finished":
        return this.finished(frame);
      case "conversation.updated":
        return this.updated(frame);
      case "conversation.deleted":
        return this.gone();
      case "error":
        return (await rare()).refused(this, frame);
    }
  }

  /* Everything as it is now; sent after each connect. */
  async snapshot(frame) {
    // What was told of the other chats meanwhile was not heard here.
    if (this.joined) document.body.dispatchEvent(new Event("chats-changed"));
    this.joined = true;
    if (frame.conversation) {
      await this.born();
      this.updated({ title: frame.conversation.title, status: frame.conversation.status });
    } else if (this.known) return this.gone();
    if (!this.transcript.agrees(frame)) await this.reload();
    for (const message of frame.messages) {
      const element = this.transcript.find(message.id);
      if (element?.streaming && message.role !== "user") element.settle(message);
    }
    this.setRunning(frame.running?.id ?? null, frame.running?.stage);
    this.socket.settle();
    this.sign.hide();
    if (this.stopping && this.stopping === this.running) this.stop();
    this.resend();
  }

  fetch() {
    return get(`${this.dataset.base}${this.id_}/thread/`);
  }

  async reload() {
    this.fill(await this.fetch());
  }

  fill(html) {
    this.transcript.fill(html);
    this.measure();
    if (this.transcript.last) this.begin();
  }

  resend() {
    this.delivery.open(this.id_, client => this.transcript.asked(client));
  }

  async started({ turn, parent, client_id: client }) {
    await this.born();
    // To write in a chat keeps it.
    this.querySelector("[data-expires]")?.remove();
    this.showEnded(false);
    this.begin();
    if (parent && !this.transcript.has(parent)) await this.reload();
    else if (!this.transcript.has(turn) && this.transcript.cut(parent)) this.sibling = turn;
    const mine = this.outbox.find(client);
    if (mine && mine.frame.text === undefined) this.delivery.confirm(client);
    this.setRunning(turn);
  }

  async created({ message, turn, client_id: client, html }) {
    const mine = this.delivery.confirm(client);
    if (this.transcript.find(message)) return;
    // The answer to a repeated send: its question may be far up, or on another branch.
    if (turn !== this.running) return this.reload();
    const fresh = fragment(html);
    // It was there already, as the reader's own words: no second entrance.
    if (mine) fresh.querySelector(".is-new")?.classList.remove("is-new");
    this.transcript.add(fresh);
    this.begin();
  }

  stage(frame) {
    if (frame.turn !== this.running) return;
    this.status = frame;
    this.showWork();
  }

  async message(frame) {
    if (!this.transcript.find(frame.message)) await this.reload();
    const element = this.transcript.find(frame.message);
    if (!element) return;
    if (frame.type === "message.delta") {
      if (!element.grow(frame)) this.sync(element);
    } else if (frame.seq >= element.seq || frame.type === "message.completed") {
      element.settle(frame);
    }
    if (element.dataset.turn === this.running) this.showWork();
  }

  /* Ask for the whole message, once in a while at most: what is on its way fills the same gap. */
  sync(element) {
    const last = this.synced.get(element.id) ?? 0;
    if (performance.now() - last < SYNC_SECONDS * 1000) return;
    this.synced.set(element.id, performance.now());
    this.socket.send({ type: "sync", message: element.dataset.message, seq: element.seq });
  }

  async finished({ turn, status, html }) {
    this.transcript.end(turn, status, html);
    this.measure();
    if (turn === this.running) this.setRunning(null);
    const { dataset } = this.querySelector("[data-announce]");
    this.announce(dataset[status] ?? dataset.completed);
    this.delivery.next(this.id_);
    if (turn === this.sibling) await (await rare()).takeVersions(this, turn);
  }

  updated({ title, leaf, status }) {
    if (status) this.showEnded(status === "completed");
    if (title) {
      this.querySelector("[data-title]").textContent = title;
      document.title = `${title} · Chatsite`;
      const row = document.getElementById(`chat-${this.id_}`);
      if (row) {
        row.querySelector("[data-title]").textContent = title;
        row.querySelector("button").ariaLabel = t("Options for {title}", { title });
      } else if (this.known) document.body.dispatchEvent(new Event("chats-changed"));
    }
    if (leaf && leaf !== this.transcript.last) return this.reload();
  }

  // -- showing --------------------------------------------------------------------------------------------------

  setRunning(turn, status = null) {
    this.running = turn;
    this.status = status;
    if (!turn) this.stopping = null;
    this.toggleAttribute("data-running", Boolean(turn));
    this.log.ariaBusy = String(Boolean(turn));
    this.composer.running = Boolean(turn);
    this.showWork();
  }

  /* A session that has ended says so in the header and at the end of the thread. */
  showEnded(ended) {
    for (const sign of this.querySelectorAll("[data-ended], [data-ended-badge]")) sign.hidden = !ended;
    this.querySelector("[data-end]").hidden = ended;
  }

  showWork() {
    const answer = this.running && this.transcript.answerOf(this.running);
    const tool = this.status?.stage === "tool";
    // An answer that goes on has text already while its model is waited for.
    const before = tool || this.status?.stage === "queued" || this.status?.stage === "loading";
    if (!this.running || (answer?.hasText && !before)) this.working.hide();
    else this.working.show(answer?.thinks && !tool ? { stage: "thinking" } : this.status);
  }

  /* Show how full the model's window was with the last answer; nothing while nobody knows. */
  measure() {
    const meter = this.querySelector("[data-window-meter]");
    const { window: size, windowUsed: used, windowLabel: label } = this.transcript.lastEnd?.dataset ?? {};
    meter.hidden = !label;
    if (!label) return;
    meter.max = Number(size);
    meter.value = Number(used);
    meter.ariaLabel = meter.title = label;
  }

  announce(words) {
    this.querySelector("[data-announce]").textContent = words;
  }

  problem(words) {
    const notice = this.querySelector("[data-problem]");
    notice.querySelector("[data-words]").textContent = words ?? "";
    notice.hidden = !words;
  }

  connection(state) {
    if (state === "open") return;
    this.delivery.close(this.id_);
    if (state === "connecting") this.sign.wait();
    else this.sign.end(state.code);
    if (state.code === GONE) document.dispatchEvent(new Event("chats-alone"));
  }

  gone() {
    this.socket.close();
    this.connection({ code: GONE });
  }

  /* A frame could not be applied: start over from a snapshot. */
  confused(error) {
    console.error(error);
    this.socket.restart();
  }

  // -- the reader's hands: what must be kept even without a connection; the rest is in hands.js --------------------

  submitted(event) {
    const form = event.target.closest("form[data-verb]");
    const { verb, turn } = form?.dataset ?? {};
    if (!["retry", "continue", "edit"].includes(verb)) return;
    event.preventDefault();
    if (this.running) this.announce(t("Wait until the answer is finished, or stop it first."));
    else if (verb === "retry") this.retry(turn, { mode: event.submitter?.value });
    else if (verb === "continue") this.ask({ type: "turn.continue", turn, model: this.composer.model });
    else this.edit(form);
  }

  retry(turn, { mode, model = this.composer.model }) {
    const frame = { type: "turn.retry", turn, model };
    if (mode) frame.mode = mode;
    this.ask(frame);
  }

  edit(form) {
    const text = form.elements.text.value;
    const message = form.closest("chat-message");
    if (!text.trim() && !message.querySelector("[data-attachment]")) return;
    form.closest("details").open = false;
    this.ask({ type: "turn.edit", turn: message.dataset.turn, text });
  }
}

customElements.define("chat-thread", ChatThread);
