/* Says what is going on while there is no text yet.
   <p class="working" data-working hidden><span data-stage></span><span data-elapsed></span></p> */

// A stage that is over sooner needs no clock.
const CLOCK_FROM_SECONDS = 3;

export class Working {
  constructor(element) {
    this.element = element;
    this.stage = element.querySelector("[data-stage]");
    this.elapsed = element.querySelector("[data-elapsed]");
  }

  /* `status` is a turn.status frame, or null when only the start is known. */
  show(status = null) {
    const words = this.words(status);
    if (this.element.hidden || words !== this.stage.textContent) {
      this.since = Date.now();
      this.elapsed.textContent = "";
    }
    this.stage.textContent = words;
    this.element.hidden = false;
    this.timer ??= setInterval(() => this.tick(), 1000);
  }

  hide() {
    this.element.hidden = true;
    clearInterval(this.timer);
    this.timer = null;
  }

  tick() {
    const seconds = Math.round((Date.now() - this.since) / 1000);
    this.elapsed.textContent = seconds < CLOCK_FROM_SECONDS ? "" : `${seconds} s`;
  }

  words(status) {
    switch (status?.stage) {
      case "queued":
        return status.position > 1 ? `Waiting in line, ${status.position - 1} ahead of you` : "Next in line";
      case "loading":
        return status.detail || "Loading the model into memory";
      case "reading":
        return "Reading your question";
      case "thinking":
        return "Thinking";
      case "tool":
        return status.label ? `Using: ${status.label}` : "Using a tool";
      case "writing":
        return "Writing";
      default:
        return "Working on the answer";
    }
  }
}
