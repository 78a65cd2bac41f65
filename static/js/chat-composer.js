/* The form a question is written in. Without JavaScript it is an ordinary form.
   <chat-composer data-max-bytes="131072"><form><textarea name="text"></textarea>
     <chat-uploads></chat-uploads><input type="file" name="files">
     <button data-send type="submit">…</button><button data-stop type="submit" hidden>…</button></form></chat-composer>
   Fires chat-send {text, files} and chat-stop; chat-draft {text} as the reader types. */
import { Dropping } from "chat/dropping";
import { Sight } from "chat/sight";

const FILES_HINT = "It is sent as soon as the files are read.";
const FAILED_HINT = "A file could not be attached. Try it again or remove it, then send.";

export class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.sendButton = this.querySelector("[data-send]");
    this.stopButton = this.querySelector("[data-stop]");
    this.hint = this.querySelector("[data-hint]");
    this.usualHint = this.hint.textContent;
    this.uploads = this.querySelector("chat-uploads");
    this.sight = new Sight(this.querySelector("[data-sight]"));
    this.dropping = new Dropping(document.querySelector("[data-drop]"), {
      field: this.field,
      onfiles: files => this.uploads.add(files),
      onproblem: words => this.fire("chat-problem", words),
    });
    this.uploads.addEventListener("chat-files", () => this.attached());
    this.uploads.addEventListener("chat-focus", () => this.field.focus());
    this.querySelector("[type=file]").addEventListener("change", ({ target }) => this.chose(target));
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
    this.attached();
    this.changed();
  }

  disconnectedCallback() {
    this.dropping.close();
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
    this.stopButton.hidden = !value;
    this.idle();
    this.stopButton.disabled = false;
    if (focused) this.field.focus();
    this.hint.textContent = this.usualHint;
  }

  /* Put text and files (back) into the composer, the text before anything that has been written since. */
  restore(text, ids = []) {
    this.uploads.restore(ids);
    if (!text || this.text === text) return;
    this.field.value = this.text ? `${text}\n\n${this.text}` : text;
    this.changed();
  }

  /* Show what was written in another tab; it is `theirs` until something is written here. */
  adopt(text) {
    if (this.text === text) return;
    this.theirs = true;
    this.field.value = text;
    this.size();
    this.idle();
  }

  /* Put words of an answer before what is written next. */
  quote(text) {
    const before = this.text.trimEnd();
    this.field.value = `${before}${before && "\n\n"}${text.trim().replace(/^/gm, "> ")}\n\n`;
    this.changed();
    this.field.focus();
    this.field.setSelectionRange(this.text.length, this.text.length);
    this.field.scrollTop = this.field.scrollHeight;
  }

  /* Choose a model as if it had been clicked. */
  choose(model) {
    const button = [...document.querySelectorAll("#model-menu [name=model]")].find(({ value }) => value === model);
    if (!button) return;
    button.checked = true;
    button.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear() {
    this.field.value = "";
    this.changed();
  }

  chose(input) {
    this.uploads.add([...input.files]);
    // The same file can be chosen again.
    input.value = "";
    this.field.focus();
  }

  /* The files are not as they were: a question that waits for them may go now. */
  attached() {
    this.sight.show(this.uploads.pictures);
    const { busy, failed } = this.uploads;
    if (this.later !== undefined && !busy) {
      const text = this.later;
      this.later = undefined;
      if (failed) this.say(FAILED_HINT);
      else {
        this.say(null);
        this.submit(text);
      }
    }
    if (busy) this.label(this.later === undefined ? "Send when the files are read" : "Sent as soon as the files are read");
    this.idle();
  }

  label(words) {
    this.sendButton.setAttribute("aria-label", words);
    this.sendButton.title = words === "Send" ? "Send (Enter)" : words;
    this.sendButton.toggleAttribute("data-waiting", this.later !== undefined);
  }

  /* Say something under the field; null: what usually stands there. */
  say(words) {
    this.hint.textContent = words ?? this.usualHint;
    if (words) this.fire("chat-announce", words);
  }

  stop() {
    if (!this.busy || this.stopButton.disabled) return;
    this.stopButton.disabled = true;
    this.fire("chat-stop");
  }

  submitted(event) {
    event.preventDefault();
    this.submit(event.submitter?.name === "text" ? event.submitter.value : null);
  }

  /* Send what was written, or the suggestion, with the files, as soon as all of them were read. */
  submit(suggestion) {
    const text = suggestion ?? this.text;
    if (!text.trim() && this.uploads.empty) return;
    const most = Number(this.dataset.maxBytes);
    if (new TextEncoder().encode(text).length > most) {
      this.fire("chat-problem", `This is too long: a message may have ${most / 1024} KB at most.`);
      return;
    }
    if (this.uploads.failed) return this.say(FAILED_HINT);
    if (this.uploads.busy) {
      this.later = suggestion;
      this.say(FILES_HINT);
      return this.attached();
    }
    if (suggestion === null) this.clear();
    this.fire("chat-send", { text, files: this.uploads.hand() });
    this.field.focus();
  }

  pressed(event) {
    // While an input method is composing, Enter chooses a word. Safari says so only by the key code 229.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    // On a touch keyboard Enter makes a new line; there is a button for sending.
    if (matchMedia("(pointer: coarse) and (hover: none)").matches) return;
    event.preventDefault();
    if (!this.sendButton.hidden) this.form.requestSubmit(this.sendButton);
  }

  changed() {
    this.theirs = false;
    this.size();
    this.idle();
    // At once: a crash must not cost a letter.
    this.fire("chat-draft", { text: this.text });
  }

  /* While an answer is being written there is a button for sending only if there is something to be sent after it. */
  idle() {
    const idle = !this.text.trim() && this.uploads.empty;
    this.sendButton.toggleAttribute("data-idle", idle);
    this.sendButton.hidden = Boolean(this.busy && idle);
    if (!this.uploads.busy) this.label(this.busy ? "Send after the answer" : "Send");
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
    this.sight.show(this.uploads.pictures);
  }

  fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define("chat-composer", ChatComposer);
