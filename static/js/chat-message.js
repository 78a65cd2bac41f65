/* One message of the thread; an answer grows in place while it is written.
   <chat-message id="m-…" data-message="…" data-turn="…" data-role="assistant" data-status="streaming" data-seq="0">
     <div class="bubble">
       <details data-thought hidden><summary><span data-thought-label>Thinking</span></summary><div data-thinking></div></details>
       <div class="prose" data-blocks></div>
     </div>
   </chat-message> */
import { localise } from "chat/browser";
import { alike, fragment, morph, piece } from "chat/html";

export class ChatMessage extends HTMLElement {
  connectedCallback() {
    localise(this);
    this.prose = this.querySelector("[data-blocks]");
    this.decorate();
    // The nodes of each block; null when the page came with the text and its blocks are not known.
    this.blocks ??= this.prose?.hasChildNodes() ? null : [];
    this.mark();
  }

  get seq() {
    return Number(this.dataset.seq);
  }

  get streaming() {
    return this.dataset.status === "streaming";
  }

  get hasText() {
    return Boolean(this.prose?.hasChildNodes());
  }

  /* Apply one step. False when steps are missing in between, so that the whole message must be asked for. */
  grow({ seq, from, blocks, thinking }) {
    if (seq <= this.seq) return true;
    if (seq !== this.seq + 1 || (this.blocks === null && from > 0)) return false;
    this.replace(from ?? 0, blocks ?? []);
    if (thinking) this.think(this.thinking.textContent + thinking);
    this.dataset.seq = seq;
    this.mark();
    return true;
  }

  /* Take over a whole text: a snapshot while it is written, or its final form. */
  settle({ seq, blocks, thinking, status, sha256, thought }) {
    if (!this.prose) return;
    if (this.blocks === null) this.prose.replaceChildren();
    this.blocks ??= [];
    this.replace(0, blocks);
    if (thinking !== undefined) this.think(thinking);
    this.dataset.seq = seq;
    this.dataset.status = status ?? this.dataset.status;
    if (sha256) this.dataset.sha256 = sha256;
    if (thought) this.dataset.thoughtTime = thought;
    this.mark();
  }

  /* The turn is over, whatever frames of this message were lost. */
  finish(status) {
    if (this.streaming) this.dataset.status = status;
    this.mark();
  }

  get thinks() {
    return Boolean(this.thinking?.textContent);
  }

  get thinking() {
    return this.querySelector("[data-thinking]");
  }

  think(text) {
    this.querySelector("[data-thought]").hidden = !text;
    this.thinking.textContent = text;
  }

  /* Link what the answer cites, when it is finished: while it grows the links would be in the way. */
  async cite() {
    if (!this.prose || this.streaming || !document.querySelector("#thread a[data-attachment]")) return;
    const { cite } = await import("chat/citations");
    if (!this.streaming) cite(this.prose);
  }

  /* Take the links out again: what the server renders next is compared with what stands here. */
  uncite() {
    const anchors = this.prose.querySelectorAll("a[data-citation]");
    anchors.forEach(anchor => anchor.replaceWith(anchor.textContent));
    if (anchors.length) this.prose.normalize();
  }

  /* Put `blocks` in the place of everything from block `from` on. */
  replace(from, blocks) {
    this.uncite();
    const old = this.blocks.splice(from);
    blocks.forEach((html, index) => {
      const nodes = [...fragment(html).childNodes];
      const before = old[index];
      if (before?.length === nodes.length && before.every((node, place) => alike(node, nodes[place]))) {
        before.forEach((node, place) => morph(node, nodes[place]));
        this.blocks.push(before);
      } else {
        const next = old.slice(index).flat().find(node => node.parentNode === this.prose) ?? null;
        nodes.forEach(node => this.prose.insertBefore(node, next));
        before?.forEach(node => node.remove());
        this.blocks.push(nodes);
      }
    });
    old.slice(blocks.length).flat().forEach(node => node.remove());
    this.decorate();
  }

  /* Show where the text ends while it is written, and what the thinking is called. */
  mark() {
    if (!this.prose) return;
    this.cite().catch(error => console.warn(error));
    this.classList.toggle("writing", this.streaming && this.hasText);
    this.dataset.shows = this.hasText ? "words" : this.thinks ? "thoughts" : "nothing";
    const label = this.querySelector("[data-thought-label]");
    if (label) label.textContent = this.streaming && !this.hasText ? t("Thoughts so far") : this.dataset.thoughtTime ?? t("Thoughts");
  }

  decorate() {
    const heads = this.prose?.querySelectorAll(".code-head:not(:has([data-copy-code]))") ?? [];
    heads.forEach(head => head.append(piece("copy")));
  }
}

customElements.define("chat-message", ChatMessage);
