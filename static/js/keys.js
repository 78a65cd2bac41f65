/* Copies a new API key.
   <code id="secret">…</code> <button type="button" data-copy="secret"><span data-label>Copy</span></button> <p role="status" data-copied></p> */
import { copy } from "chat/clipboard";

const COPIED_SECONDS = 2;

document.querySelector("[data-copy]")?.addEventListener("click", async ({ currentTarget: button }) => {
  const label = button.querySelector("[data-label]");
  const said = document.querySelector("[data-copied]");
  try {
    await copy(document.getElementById(button.dataset.copy).textContent);
  } catch (error) {
    console.warn(error);
    said.textContent = t("The browser did not allow copying.");
    return;
  }
  label.textContent = t("Copied");
  said.textContent = t("The key is copied.");
  setTimeout(() => (label.textContent = t("Copy")), COPIED_SECONDS * 1000);
});
