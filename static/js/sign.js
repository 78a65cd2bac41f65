/* The small sign over the composer that tells how the connection is; hidden while all is well.
   <p role="status" data-connection hidden></p>  <template id="piece-closed-4401">…</template> */
import { piece } from "chat/html";

// A connection that is back sooner is not worth a word.
const PATIENCE_SECONDS = 1.2;

export class Sign {
  constructor(element) {
    Object.assign(this, { element, timer: null });
    for (const name of ["online", "offline"]) window.addEventListener(name, () => this.element.hidden || this.say());
  }

  hide() {
    clearTimeout(this.timer);
    this.timer = null;
    this.element.hidden = true;
  }

  /* There is no connection, and the next attempt comes by itself. */
  wait() {
    this.timer ??= setTimeout(() => this.say(), PATIENCE_SECONDS * 1000);
  }

  say() {
    const words = navigator.onLine ? t("Reconnecting…") : t("You are offline. What you write is kept.");
    if (this.element.textContent !== words) this.element.textContent = words;
    this.element.hidden = false;
  }

  /* Reconnecting cannot mend this: <template id="piece-closed-4401"> says what can. */
  end(code) {
    this.hide();
    this.element.replaceChildren(piece(`closed-${code}`));
    // The page itself leads to the sign-in page and from there back.
    this.element.querySelector("[data-here]")?.setAttribute("href", location.href);
    this.element.hidden = false;
  }
}
