/* Copies a new share link, or hands it to the system's share sheet where there is one.
   <section data-share data-title="…"><code id="address">…</code><button data-copy><span data-label></span></button>
   <button data-send hidden></button><p role="status" data-said></p></section> */
import { copy } from "chat/clipboard";

const COPIED_SECONDS = 2;
const made = document.querySelector("[data-share]");

if (made) {
  const address = document.getElementById("address").textContent;
  const said = made.querySelector("[data-said]");
  const label = made.querySelector("[data-label]");
  const send = made.querySelector("[data-send]");

  made.querySelector("[data-copy]").addEventListener("click", async () => {
    try {
      await copy(address);
    } catch (error) {
      console.warn(error);
      said.textContent = t("The browser did not allow copying.");
      return;
    }
    label.textContent = t("Copied");
    said.textContent = t("The link is copied.");
    setTimeout(() => (label.textContent = t("Copy")), COPIED_SECONDS * 1000);
  });

  // Only on https and localhost, and not in every browser.
  send.hidden = !navigator.share;
  send.addEventListener("click", async () => {
    try {
      await navigator.share({ title: made.dataset.title, url: address });
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = t("The link could not be shared. Copy it instead.");
    }
  });
}
