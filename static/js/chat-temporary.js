/* A chat that nobody keeps: what was said lives here, is sent along with each question, and is gone with the page.
   <chat-temporary data-to="/api/chat/temporary/"><div id="thread">… <div data-tail></div></div><chat-composer></chat-composer></chat-temporary> */
import { piece } from "chat/html";
import { Scrolling } from "chat/scrolling";
import { token } from "chat/server";
import { Working } from "chat/working";

const LOST = t("The connection was lost. What was said until then stays here; ask again when the server can be reached.");
const REFUSED = t("The server did not take this. It may be too long by now: begin another chat.");

class ChatTemporary extends HTMLElement {
  connectedCallback() {
    // Of each message {role, content}.
    this.said = [];
    this.log = this.querySelector("#thread");
    this.tail = this.querySelector("[data-tail]");
    this.composer = this.querySelector("chat-composer");
    this.working = new Working(this.querySelector("[data-working]"));
    this.scrolling = new Scrolling(this.log, this.querySelector("[data-jump]"));
    this.addEventListener("chat-send", ({ detail }) => this.ask(detail.text));
    this.addEventListener("chat-stop", () => this.asking?.abort());
    this.addEventListener("chat-announce", ({ detail }) => this.announce(detail));
    this.addEventListener("chat-problem", ({ detail }) => this.problem(detail));
    document.addEventListener("chats-problem", ({ detail }) => this.problem(detail));
    this.addEventListener("click", ({ target }) => target.closest("[data-dismiss]") && this.problem(null));
    document.addEventListener("keydown", event => {
      const elsewhere = event.defaultPrevented || document.querySelector(":popover-open, dialog[open]");
      if (event.key === "Escape" && !event.isComposing && !elsewhere) this.composer.stop();
    });
    // Whoever leaves leaves it for good.
    window.addEventListener("beforeunload", event => (this.said.length || this.composer.text) && event.preventDefault());
    // A page that the browser has put aside is not shown again with what was said.
    window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  }

  async ask(text) {
    if (this.asking) {
      this.composer.restore(text);
      return this.announce(t("Wait until the answer is finished, or stop it first."));
    }
    this.problem(null);
    const question = piece("said");
    question.querySelector("[data-text]").textContent = text;
    this.tail.before(question);
    this.asking = new AbortController();
    this.composer.running = true;
    this.working.show();
    this.scrolling.toEnd();
    const answer = { element: null, text: "" };
    try {
      await this.read(text, answer);
      this.announce(t("The answer is finished."));
    } catch (error) {
      this.failed(error, text, answer, question);
    }
    this.asking = null;
    if (answer.text) this.said.push({ role: "user", content: text }, { role: "assistant", content: answer.text });
    answer.element?.finish("stopped");
    this.working.hide();
    this.composer.running = false;
  }

  /* Ask, and show the answer as it comes. */
  async read(text, answer) {
    const messages = [...this.said, { role: "user", content: text }];
    const response = await fetch(this.dataset.to, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ messages, model: this.composer.model }),
      signal: this.asking.signal,
    });
    if (!response.ok) {
      const { detail } = await response.json().catch(() => ({}));
      throw Object.assign(new Error(detail ?? REFUSED), { refused: true });
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let over = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const data = event.split("\n").find(line => line.startsWith("data: "));
        if (data) over = this.hear(JSON.parse(data.slice(6)), answer) || over;
      }
    }
    if (!over) throw new Error(LOST);
  }

  /* True if that was the end. */
  hear(frame, answer) {
    switch (frame.type) {
      case "message.created":
        answer.element = piece("answer");
        answer.element.id = `m-${frame.message}`;
        this.tail.before(answer.element);
        if (frame.left_out) this.announce(t("{number} earlier messages no longer fit the model’s window.", { number: frame.left_out }));
        return false;
      case "message.delta":
        answer.text += frame.text;
        answer.element.grow(frame);
        if (frame.text) this.working.hide();
        else this.working.show({ stage: "thinking" });
        return false;
      case "message.completed":
        answer.text = frame.content;
        answer.element.settle({ ...frame, thought: t("Thoughts") });
        return false;
      case "turn.finished":
        if (frame.detail) this.problem(frame.detail);
        return true;
      case "error":
        throw Object.assign(new Error(frame.detail), { refused: true });
    }
  }

  failed(error, text, answer, question) {
    if (error.name === "AbortError") this.announce(t("The answer was stopped."));
    else {
      if (!error.refused) console.warn(error);
      this.problem(error.refused ? error.message : LOST);
    }
    if (answer.text) return;
    // Nothing was said to it: the words go back to whoever wrote them.
    answer.element?.remove();
    question.remove();
    this.composer.restore(text);
  }

  announce(words) {
    this.querySelector("[data-announce]").textContent = words;
  }

  problem(words) {
    const notice = this.querySelector("[data-problem]");
    notice.querySelector("[data-words]").textContent = words ?? "";
    notice.hidden = !words;
  }
}

customElements.define("chat-temporary", ChatTemporary);
