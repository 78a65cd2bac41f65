/* Reads an answer aloud, sentence by sentence, also while it is being written. Pressed again, it stops.
   <button data-speak aria-pressed="false">…</button> under an answer reads that one; in the composer, the one being written. */
import { recall } from "chat/browser";

const CODE = t("A code block is left out.");
const FORMULA = t("A formula is left out.");
// A sentence that is still growing is looked at this often.
const LOOK_MILLISECONDS = 250;
const LANGUAGE = "chatsite.voice.language";

const thread = document.querySelector("chat-thread");
const speech = window.speechSynthesis;
let reading = null;

export function act(button) {
  if (reading) {
    const same = reading.button === button;
    reading.stop();
    if (same) return;
  }
  if (!speech || !window.SpeechSynthesisUtterance) return thread.problem(t("This browser cannot read aloud."));
  const turn = button.closest("[data-turn-end]")?.dataset.turnEnd ?? thread.running;
  if (turn) reading = new Reading(button, turn);
}

/* The words of a block of an answer, without what only looks. */
function wordsOf(block) {
  const clone = block.cloneNode(true);
  const root = document.createElement("div");
  root.append(clone);
  root.querySelectorAll("[data-local], button, .sr, .code-head").forEach(node => node.remove());
  root.querySelectorAll("pre").forEach(node => (node.closest("figure") ?? node).replaceWith(` ${CODE} `));
  root.querySelectorAll("math").forEach(node => node.replaceWith(` ${FORMULA} `));
  root.querySelectorAll("td, th").forEach(node => node.append(", "));
  // What ends without a stop ends a sentence all the same.
  for (const node of root.querySelectorAll("li, p, tr, h1, h2, h3, h4, h5, h6, dt, dd")) {
    node.append(/[.!?:…。！？]\s*$/.test(node.textContent) ? " " : ". ");
  }
  return root.textContent.replace(/\s+/g, " ").replace(/ ?, \./g, ".").trim();
}

function sentencesOf(text, lang) {
  if (!window.Intl.Segmenter) return text.match(/[^.!?]+[.!?]*/g)?.map(each => each.trim()).filter(Boolean) ?? [];
  const found = new Intl.Segmenter(lang, { granularity: "sentence" }).segment(text);
  return [...found].map(({ segment }) => segment.trim()).filter(each => /[\p{L}\p{N}]/u.test(each));
}

class Reading {
  constructor(button, turn) {
    Object.assign(this, { button, turn, block: 0, sentence: 0, speaking: false, over: false });
    this.lang = recall(LANGUAGE) ?? navigator.language;
    button.setAttribute("aria-pressed", "true");
    button.dataset.speaking = "";
    this.timer = setInterval(() => this.next(), LOOK_MILLISECONDS);
    this.next();
  }

  get messages() {
    return thread.transcript.messagesOf(this.turn).filter(({ prose }) => prose);
  }

  /* The next sentence that is whole; null when there is none yet. */
  take() {
    const blocks = this.messages.flatMap(({ prose }) => [...prose.children]);
    const growing = thread.running === this.turn;
    for (; this.block < blocks.length; this.block += 1, this.sentence = 0) {
      const last = growing && this.block === blocks.length - 1;
      const sentences = sentencesOf(wordsOf(blocks[this.block]), this.lang);
      // The last one may still grow.
      if (this.sentence < sentences.length - (last ? 1 : 0)) return sentences[this.sentence++];
      if (last) return null;
    }
    if (!growing) this.over = true;
    return null;
  }

  next() {
    if (this.speaking) return;
    const sentence = this.take();
    if (sentence === null) return this.over && this.stop();
    this.speaking = true;
    const utterance = new SpeechSynthesisUtterance(sentence);
    utterance.lang = this.lang;
    const done = () => {
      this.speaking = false;
      if (reading === this) this.next();
    };
    utterance.onend = done;
    utterance.onerror = ({ error }) => {
      if (error === "interrupted" || error === "canceled" || reading !== this) return;
      this.stop();
      thread.problem(t("This could not be read aloud. The browser may have no voice."));
    };
    speech.speak(utterance);
  }

  stop() {
    clearInterval(this.timer);
    reading = null;
    speech.cancel();
    this.button.setAttribute("aria-pressed", "false");
    delete this.button.dataset.speaking;
    // The one in the composer belongs to the answer that was read.
    if (!this.button.isConnected) thread.composer.field.focus();
  }
}

window.addEventListener("pagehide", () => reading?.stop());
