/* Says before sending that the chosen model cannot look at the pictures, and offers one that can.
   <div data-sight hidden><span data-words></span><button type="button" data-see></button></div>
   The models are the radio buttons of #model-menu; those that can look at pictures have data-vision. */

export class Sight {
  constructor(notice) {
    this.notice = notice;
    this.words = notice.querySelector("[data-words]");
    this.button = notice.querySelector("[data-see]");
    this.button.addEventListener("click", () => this.choose());
  }

  get chosen() {
    return document.querySelector("#model-menu :checked");
  }

  get seeing() {
    return document.querySelector("#model-menu [data-vision]");
  }

  /* `pictures`: whether there is something to look at. */
  show(pictures) {
    const { chosen, seeing } = this;
    const blind = Boolean(pictures && chosen && chosen.dataset.vision === undefined);
    this.notice.hidden = !blind;
    if (!blind) return;
    const name = chosen.dataset.name;
    this.words.textContent = seeing
      ? t("{name} cannot look at pictures.", { name })
      : t("{name} cannot look at pictures, and there is no other model here that can. It will only be told that they are there.", { name });
    this.button.hidden = !seeing;
    if (seeing) this.button.textContent = t("Use {name}", { name: seeing.dataset.name });
  }

  choose() {
    this.seeing.checked = true;
    this.seeing.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
