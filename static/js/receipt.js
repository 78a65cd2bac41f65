/* Shows what was read of a file that is not sent yet, over the page instead of in its place.
   <a data-receipt href="/attachments/…/"></a> <dialog id="file"><h2></h2><a data-file-page></a><div data-file></div></dialog> */
import { fragment } from "chat/html";
import { get } from "chat/server";

const dialog = document.getElementById("file");
const body = dialog.querySelector("[data-file]");

export async function act(link) {
  dialog.querySelector("h2").textContent = link.closest("[data-name]").dataset.name;
  dialog.querySelector("[data-file-page]").href = link.href;
  body.textContent = t("Reading…");
  dialog.showModal();
  try {
    const html = fragment(await get(link.href));
    // The question that is being written stays where it is.
    html.querySelectorAll("a").forEach(other => (other.target = "_blank"));
    body.replaceChildren(html);
  } catch (error) {
    console.warn(error);
    body.textContent = t("This could not be fetched. Try again in a moment.");
  }
}
