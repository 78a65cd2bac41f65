/* Says what is going on while there is no text yet.
   <p class="working" data-working hidden><span data-stage data-usual="…" data-reading="…"></span><span data-elapsed></span></p> */

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
    const words = this.words(status ?? {});
    if (this.element.hidden || words !== this.said) {
      this.since = Date.now();
      this.elapsed.textContent = "";
    }
    this.said = words;
    this.stage.textContent = status?.share ? `${words}, ${Math.round(status.share * 100)} %` : words;
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

  words({ stage, position, label }) {
    const { dataset } = this.stage;
    if (stage === "queued" && position > 1) return t("Waiting in line, {number} ahead of you", { number: position - 1 });
    if (stage === "tool" && label) return t("Using: {label}", { label });
    return dataset[stage] ?? dataset.usual;
  }
}
