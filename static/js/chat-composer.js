/* The form a question is written in. Without JavaScript it is an ordinary form.
   <chat-composer data-max-bytes="131072"><form><textarea name="text"></textarea>
     <button data-send type="submit">…</button><button data-stop type="submit" hidden>…</button></form></chat-composer>
   Fires chat-send {text} and chat-stop; chat-draft {text} as the reader types. */

const DRAFT_MILLISECONDS = 400;
const BUSY_HINT = "You can send this when the answer is finished, or stop it first.";

export class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.sendButton = this.querySelector("[data-send]");
    this.stopButton = this.querySelector("[data-stop]");
    this.hint = this.querySelector("[data-hint]");
    this.usualHint = this.hint.textContent;
    this.form.addEventListener("submit", event => this.submitted(event));
    this.field.addEventListener("keydown", event => this.pressed(event));
    this.field.addEventListener("input", () => this.changed());
    this.stopButton.addEventListener("click", event => {
      event.preventDefault();
      this.stop();
    });
    // The chooser's buttons stand outside of this element and belong to the form all the same.
    document.addEventListener("change", event => event.target.form === this.form && event.target.name === "model" && this.named());
    this.running = !this.stopButton.hidden;
    this.changed();
  }

  get text() {
    return this.field.value;
  }

  get model() {
    return new FormData(this.form).get("model") ?? "";
  }

  set running(value) {
    this.busy = value;
    const focused = document.activeElement === this.sendButton || document.activeElement === this.stopButton;
    this.sendButton.hidden = value;
    this.stopButton.hidden = !value;
    this.stopButton.disabled = false;
    if (focused) this.field.focus();
    this.hint.textContent = this.usualHint;
  }

  /* Put text (back) into the field, before anything that has been written since. */
  restore(text) {
    if (!text || this.text === text) return;
    this.field.value = this.text ? `${text}\n\n${this.text}` : text;
    this.changed();
  }

  clear() {
    this.field.value = "";
    this.changed();
  }

  stop() {
    if (!this.busy || this.stopButton.disabled) return;
    this.stopButton.disabled = true;
    this.fire("chat-stop");
  }

  submitted(event) {
    event.preventDefault();
    const suggestion = event.submitter?.name === "text" ? event.submitter.value : null;
    const text = suggestion ?? this.text;
    if (!text.trim()) return;
    if (this.busy) {
      this.hint.textContent = BUSY_HINT;
      this.fire("chat-announce", BUSY_HINT);
      return;
    }
    const most = Number(this.dataset.maxBytes);
    if (new TextEncoder().encode(text).length > most) {
      this.fire("chat-problem", `This is too long: a message may have ${most / 1024} KB at most.`);
      return;
    }
    if (suggestion === null) this.clear();
    this.fire("chat-send", { text });
    this.field.focus();
  }

  pressed(event) {
    // While an input method is composing, Enter chooses a word. Safari says so only by the key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    // On a touch keyboard Enter makes a new line; there is a button for sending.
    if (matchMedia("(pointer: coarse) and (hover: none)").matches) return;
    event.preventDefault();
    this.form.requestSubmit(this.sendButton.hidden ? null : this.sendButton);
  }

  changed() {
    this.size();
    this.sendButton.toggleAttribute("data-idle", !this.text.trim());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fire("chat-draft", { text: this.text }), DRAFT_MILLISECONDS);
  }

  /* Grow with the text, where the browser does not do it by itself (field-sizing). */
  size() {
    if (CSS.supports("field-sizing", "content")) return;
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${this.field.scrollHeight}px`;
  }

  named() {
    const chosen = document.querySelector("#model-menu :checked");
    document.querySelector("[data-model-name]").textContent = chosen.dataset.name;
  }

  fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("chat-composer", ChatComposer);
