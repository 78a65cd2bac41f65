/* The form a question is written in. Without JavaScript it is an ordinary form.
   <chat-composer data-max-bytes="131072"><form><textarea name="text"></textarea>
     <chat-uploads></chat-uploads><input type="file" name="files">
     <button data-send type="submit">…</button><button data-stop type="submit" hidden>…</button></form></chat-composer>
   Fires chat-send {text, files} and chat-stop; chat-draft {text} as the reader types. */
// What there is of files as long as nobody has attached one, and while what attaches them is fetched.
const NO_FILES = { ids: [], empty: true, busy: false, hold: () => false, hand: () => [] };

export class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.field = this.querySelector("textarea");
    this.sendButton = this.querySelector("[data-send]");
    this.stopButton = this.querySelector("[data-stop]");
    this.hint = this.querySelector("[data-hint]");
    this.usualHint = this.hint.textContent;
    this.uploads = this.querySelector("chat-uploads");
    this.drop = document.querySelector("[data-drop]");
    for (const kind of ["dragover", "drop", "paste"]) document.addEventListener(kind, event => this.brought(event));
    document.addEventListener("dragleave", ({ relatedTarget }) => this.takesFiles && (this.drop.hidden ||= relatedTarget === null));
    this.uploads.addEventListener("chat-files", () => this.idle());
    this.uploads.addEventListener("chat-focus", () => this.field.focus());
    // A temporary chat takes no files.
    this.takesFiles = Boolean(this.querySelector("[type=file]"));
    this.querySelector("[type=file]")?.addEventListener("change", ({ target }) => this.chose(target));
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
    if (this.uploads.childElementCount) this.attach(() => this.idle());
    this.changed();
  }

  get text() {
    return this.field.value;
  }

  /* The files of the question, as far as sending it has to know. */
  get files() {
    if (this.coming) return { ...NO_FILES, ids: this.coming, empty: false, busy: true, hold: words => this.attach(uploads => uploads.hold(words) || this.submit(words)) };
    return this.uploads.hand ? this.uploads : NO_FILES;
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
    if (ids.length) this.attach(uploads => uploads.restore(ids), ids);
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

  clear() {
    this.field.value = "";
    this.changed();
  }

  chose(input) {
    const files = [...input.files];
    this.attach(uploads => uploads.add(files));
    // The same file can be chosen again.
    input.value = "";
    this.field.focus();
  }

  /* Files are dragged over the page, dropped on it or pasted. Not prevented, the browser would leave the page for them. */
  brought(event) {
    const { type, target } = event;
    const data = event.dataTransfer ?? event.clipboardData;
    if (!this.takesFiles || !data?.types.includes("Files")) return;
    // A word processor gives a picture of the words beside the words.
    if (type === "paste" && (data.types.includes("text/plain") || (target !== this.field && target.closest?.("input, textarea, dialog")))) return;
    event.preventDefault();
    const welcome = !document.querySelector("dialog[open]");
    if (type === "dragover") data.dropEffect = welcome ? "copy" : "none";
    this.drop.hidden = type !== "dragover" || !welcome;
    if (type === "dragover" || !welcome) return;
    // What was brought can be looked at only now.
    const items = [...data.items].filter(({ kind }) => kind === "file");
    const things = items.map(item => ({ file: item.getAsFile(), folder: item.webkitGetAsEntry?.()?.isDirectory }));
    this.attach(uploads => uploads.bring(things, type === "paste"));
  }

  /* Fetch what attaches files, unless it is there, and let it `work`; `ids` are those of files that it will show. */
  async attach(work, ids = []) {
    if (!this.uploads.hand) {
      this.coming = [...(this.coming ?? []), ...ids];
      this.idle();
      try {
        await import("chat/uploads");
      } catch (error) {
        console.warn(error);
        this.fire("chat-problem", t("The files could not be attached: the server cannot be reached. Try again in a moment."));
      }
      this.coming = null;
      if (!this.uploads.hand) return this.idle();
    }
    work(this.uploads);
  }

  /* What the button for sending does now, and whether something waits for its files. */
  label(words, waits = false) {
    this.sendButton.setAttribute("aria-label", words);
    this.sendButton.title = words === t("Send") ? t("Send (Enter)") : words;
    this.sendButton.toggleAttribute("data-waiting", waits);
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
    if (!text.trim() && this.files.empty) return;
    const most = Number(this.dataset.maxBytes);
    if (new TextEncoder().encode(text).length > most) {
      this.fire("chat-problem", t("This is too long: a message may have {most} KB at most.", { most: most / 1024 }));
      return;
    }
    if (this.files.hold(suggestion)) return;
    if (suggestion === null) this.clear();
    this.fire("chat-send", { text, files: this.files.hand() });
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
    const idle = !this.text.trim() && this.files.empty;
    this.sendButton.toggleAttribute("data-idle", idle);
    this.sendButton.hidden = Boolean(this.busy && idle);
    if (!this.files.busy) this.label(this.busy ? t("Send after the answer") : t("Send"));
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
