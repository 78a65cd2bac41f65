/* The files of the question that is being written: uploads them, a few at once, and shows how each of them stands.
   <chat-uploads data-to="/api/attachments/" data-page="/attachments/" data-max-bytes="20971520" data-max-files="10">
     chips from <template id="piece-upload">, and from the server once a file was read </chat-uploads>
   Fires chat-files {ids} whenever something changes, chat-announce and chat-problem with words. */
import { fragment, piece } from "chat/html";
import { get, token } from "chat/server";
import { Sight } from "chat/sight";
import { upload } from "chat/upload";

const AT_ONCE = 3;
const PREVIEWS = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const PASTED = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif" };
const FILES_HINT = t("It is sent as soon as the files are read.");
const FAILED_HINT = t("A file could not be attached. Try it again or remove it, then send.");
const UNITS = ["bytes", "KB", "MB", "GB"];
// A file of a kind that cannot be read stays one.
const HOPELESS = 415;
// It was sent meanwhile, or deleted because it never was.
const GONE = new Set([404, 409]);

export class ChatUploads extends HTMLElement {
  connectedCallback() {
    this.composer = this.closest("chat-composer");
    this.waiting = [];
    this.running = this.pasted = 0;
    this.sight = new Sight(document.querySelector("[data-sight]"));
    this.addEventListener("click", event => this.clicked(event));
    document.getElementById("model-menu")?.addEventListener("change", () => this.sight.show(this.pictures));
  }

  /* What can be sent: the files that were read, in their order. */
  get ready() {
    return [...this.querySelectorAll("[data-attachment]")].map(({ dataset }) => ({ id: dataset.attachment, name: dataset.name }));
  }

  /* The files the server has, also those whose chip could not be fetched yet. */
  get ids() {
    return [...this.children].map(({ dataset }) => dataset.attachment ?? dataset.known).filter(Boolean);
  }

  get empty() {
    return !this.childElementCount;
  }

  get busy() {
    return Boolean(this.querySelector("[data-busy]"));
  }

  get failed() {
    return this.querySelectorAll("[data-tone=danger]").length;
  }

  get pictures() {
    return Boolean(this.querySelector("[data-needs-sight]"));
  }

  add(files) {
    const room = Number(this.dataset.maxFiles) - this.childElementCount;
    if (files.length > room) this.fire("chat-problem", t("A question may have {most} files at most. Not attached: {number}.", { most: this.dataset.maxFiles, number: files.length - room }));
    for (const file of files.slice(0, Math.max(0, room))) this.enqueue(this.show(file));
    this.next();
    this.changed();
  }

  /* Take what was dropped or pasted: {file, folder}, of which a folder cannot be taken. */
  bring(things, pasted) {
    if (things.some(({ folder }) => folder)) this.fire("chat-problem", t("A folder cannot be attached. Open it and take the files in it."));
    const files = things.filter(({ file, folder }) => file && !folder).map(({ file }) => (pasted ? this.named(file) : file));
    if (files.length) this.add(files);
  }

  /* Every pasted picture is called "image.png" by the browser. */
  named(file) {
    if (!/^image\.\w+$/.test(file.name) || !PASTED[file.type]) return file;
    this.pasted += 1;
    const name = this.pasted > 1 ? t("Pasted picture {number}", { number: this.pasted }) : t("Pasted picture");
    return new File([file], `${name}.${PASTED[file.type]}`, { type: file.type });
  }

  /* Bring back files the server has already: from a draft, or from a question that was not sent. */
  restore(ids) {
    const here = new Set(this.ids);
    for (const id of ids.filter(each => !here.has(each))) {
      const chip = this.chip(t("A file"));
      chip.dataset.known = id;
      this.append(chip);
      this.take(chip);
    }
  }

  /* The files to send, which are no longer here afterwards. */
  hand() {
    const ready = this.ready;
    this.querySelectorAll("[data-attachment]").forEach(chip => chip.remove());
    this.changed();
    return ready;
  }

  clear() {
    this.waiting = [];
    for (const chip of [...this.children]) this.drop(chip);
    this.changed();
  }

  // -- one file -------------------------------------------------------------------------------------------------

  show(file) {
    const chip = this.chip(file.name);
    chip.file = file;
    if (PREVIEWS.has(file.type)) {
      const preview = chip.querySelector("img");
      preview.src = URL.createObjectURL(file);
      preview.addEventListener("load", () => URL.revokeObjectURL(preview.src), { once: true });
      preview.hidden = false;
      chip.querySelector("svg").remove();
    }
    this.append(chip);
    return chip;
  }

  chip(name) {
    const chip = piece("upload");
    chip.querySelector("[data-name]").textContent = name;
    chip.querySelector("progress").setAttribute("aria-label", t("Uploading {name}", { name }));
    chip.querySelector("[data-remove]").setAttribute("aria-label", t("Remove {name}", { name }));
    return chip;
  }

  enqueue(chip) {
    const { size } = chip.file;
    const most = Number(this.dataset.maxBytes);
    if (size > most) return this.fail(chip, t("{size}; the limit is {most}", { size: sized(size), most: sized(most) }), { again: false });
    if (!size) return this.fail(chip, t("This file is empty."), { again: false });
    this.state(chip, `${sized(size)}, waiting`, { busy: true, share: 0 });
    this.waiting.push(chip);
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) this.begin(this.waiting.shift());
  }

  async begin(chip) {
    this.running += 1;
    const { done, abort } = upload(chip.file, {
      to: this.dataset.to,
      token: token(),
      progress: share => this.progress(chip, share),
    });
    chip.abort = abort;
    this.progress(chip, 0);
    try {
      chip.dataset.known = (await done).id;
      this.changed();
      // A file that was removed at the last moment.
      if (chip.isConnected) await this.take(chip);
      else remove(`${this.dataset.to}${chip.dataset.known}/`);
    } catch (error) {
      if (error.name !== "AbortError") this.fail(chip, error.message, { again: error.status !== HOPELESS });
    }
    this.running -= 1;
    this.next();
    this.changed();
  }

  progress(chip, share) {
    const percent = Math.floor(share * 100);
    const size = sized(chip.file.size);
    this.state(chip, share < 1 ? t("{size}, uploading {percent}%", { size, percent }) : t("{size}, reading…", { size }), { busy: true, share: percent });
  }

  /* Put the server's chip, which says what was read, in the place of ours. */
  async take(chip) {
    this.state(chip, t("Reading…"), { busy: true });
    try {
      const fresh = fragment(await get(`${this.dataset.page}${chip.dataset.known}/chip/`));
      const name = fresh.firstElementChild.dataset.name;
      const held = chip.contains(document.activeElement);
      const made = fresh.firstElementChild;
      chip.replaceWith(fresh);
      if (held) made.querySelector("[data-remove]").focus();
      if (chip.file) this.fire("chat-announce", `${name} is attached.`);
    } catch (error) {
      if (GONE.has(error.status)) chip.remove();
      else {
        console.warn(error);
        this.fail(chip, t("The server cannot be reached."));
      }
    }
    this.changed();
  }

  state(chip, words, { busy = false, share = null } = {}) {
    chip.querySelector("[data-state]").textContent = words;
    chip.toggleAttribute("data-busy", busy);
    delete chip.dataset.tone;
    chip.querySelector("[data-again]").hidden = true;
    const meter = chip.querySelector("progress");
    meter.hidden = share === null;
    meter.value = share ?? 0;
  }

  fail(chip, words, { again = true } = {}) {
    this.state(chip, words);
    chip.dataset.tone = "danger";
    chip.scrollIntoView({ block: "nearest" });
    chip.querySelector("[data-again]").hidden = !again;
    this.fire("chat-announce", `${chip.querySelector("[data-name]").textContent}: ${words}`);
  }

  /* Take a file away, here and on the server. */
  drop(chip) {
    this.waiting = this.waiting.filter(other => other !== chip);
    const id = chip.dataset.attachment ?? chip.dataset.known;
    chip.remove();
    if (id) remove(`${this.dataset.to}${id}/`);
    else chip.abort?.();
  }

  // -- the reader's hands -----------------------------------------------------------------------------------------

  clicked(event) {
    const chip = event.target.closest(".attachment");
    if (event.target.closest("[data-remove]")) {
      const beside = chip.nextElementSibling ?? chip.previousElementSibling;
      this.drop(chip);
      this.changed();
      if (beside) beside.querySelector("[data-remove]").focus();
      else this.fire("chat-focus");
    } else if (event.target.closest("[data-again]")) {
      if (chip.dataset.known) this.take(chip);
      else this.enqueue(chip);
      this.next();
      this.changed();
    }
  }

  changed() {
    this.sight.show(this.pictures);
    this.fire("chat-files", { ids: this.ids });
    this.release();
  }

  /* Whether sending has to wait for the files: `words` are then sent as soon as they are read; null: what is written. */
  hold(words) {
    if (this.failed) this.composer.say(FAILED_HINT);
    else if (this.busy) {
      this.later = words;
      this.composer.say(FILES_HINT);
      this.release();
    } else return false;
    return true;
  }

  /* A question that waits for its files may go when they are read. */
  release() {
    const { busy, composer, failed, later } = this;
    if (later !== undefined && !busy) {
      this.later = undefined;
      composer.say(failed ? FAILED_HINT : null);
      if (!failed) composer.submit(later);
    }
    if (this.busy) composer.label(this.later === undefined ? t("Send when the files are read") : t("Sent as soon as the files are read"), this.later !== undefined);
  }

  fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

/* Delete a file of the API; what cannot be deleted now is cleaned up by the server later. */
async function remove(address) {
  try {
    await fetch(address, { method: "DELETE", headers: { "X-CSRFToken": token() }, keepalive: true });
  } catch (error) {
    console.warn(error);
  }
}

/* A number of bytes as people say it. */
export function sized(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 && unit ? Math.round(value * 10) / 10 : Math.round(value)} ${UNITS[unit]}`;
}

customElements.define("chat-uploads", ChatUploads);
