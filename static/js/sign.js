/* The small sign over the composer that tells how the connection is; hidden while all is well.
   <p role="status" data-connection hidden></p> */

// A connection that is back sooner is not worth a word.
const PATIENCE_SECONDS = 1.2;
const SIGNED_OUT = 4401;
const DISABLED = 4403;

export class Sign {
  constructor(element, { newChat }) {
    Object.assign(this, { element, newChat, timer: null });
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
    const words = navigator.onLine ? "Reconnecting…" : "You are offline. What you write is kept.";
    if (this.element.textContent !== words) this.element.textContent = words;
    this.element.hidden = false;
  }

  /* Reconnecting cannot mend this: say what can. */
  end(code) {
    this.hide();
    const { words, link, href } = this.explain(code);
    this.element.replaceChildren(words);
    if (link) this.element.append(" ", Object.assign(document.createElement("a"), { href, textContent: link }));
    this.element.hidden = false;
  }

  explain(code) {
    // The page itself leads to the sign-in page and from there back.
    if (code === SIGNED_OUT) return { words: "You are signed out. What you wrote is kept.", link: "Sign in again", href: location.href };
    if (code === DISABLED) return { words: "This account can no longer be used." };
    return { words: "This chat does not exist any more.", link: "New chat", href: this.newChat };
  }
}
