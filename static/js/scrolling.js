/* Keeps the end of the thread in view while it grows, until the reader scrolls up; then leaves them alone. */

const NEAR_PIXELS = 48;
const FAR_PIXELS = 240;

export class Scrolling {
  constructor(thread, jump) {
    Object.assign(this, { thread, jump });
    this.sticks = true;
    this.top = window.scrollY;
    this.watch = new AbortController();
    const { signal } = this.watch;
    window.addEventListener("scroll", () => this.scrolled(), { passive: true, signal });
    jump.addEventListener("click", () => this.toEnd({ smooth: true }), { signal });
    this.observer = new ResizeObserver(() => this.grew());
    this.observer.observe(thread);
    // The dock grows over the end of the thread.
    this.observer.observe(jump.parentElement);
  }

  close() {
    this.watch.abort();
    this.observer.disconnect();
  }

  get distance() {
    const page = document.documentElement;
    return page.scrollHeight - window.innerHeight - window.scrollY;
  }

  scrolled() {
    const top = window.scrollY;
    if (this.distance < NEAR_PIXELS) this.sticks = true;
    else if (top < this.top - 1) {
      this.sticks = false;
      // Earlier messages come by themselves when the reader gets near them.
      if (top < window.innerHeight) this.thread.querySelector("[data-earlier]:not([data-asked])")?.click();
    }
    this.top = top;
    this.show();
  }

  grew() {
    if (this.sticks) this.toEnd();
    this.show();
  }

  show() {
    this.jump.hidden = this.sticks || this.distance < FAR_PIXELS;
  }

  toEnd({ smooth = false } = {}) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.sticks = true;
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    this.top = window.scrollY;
  }

  /* Leave the reader where they are. */
  release() {
    this.sticks = false;
  }

  /* Run `change`, which adds something above what is being read, without moving what is being read. */
  hold(change) {
    const before = document.documentElement.scrollHeight - window.scrollY;
    this.sticks = false;
    change();
    window.scrollTo({ top: document.documentElement.scrollHeight - before, behavior: "instant" });
    this.top = window.scrollY;
  }
}
