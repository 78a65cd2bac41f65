/* A form of the server in a dialog: sent, shown again with what is wrong, and closed when all is well.
   act(<a href="…">Its title</a>) */
import { fragment } from "chat/html";
import { get } from "chat/server";

const FAILED = t("This could not be fetched. Try again in a moment.");

function make(title) {
  const dialog = document.createElement("dialog");
  dialog.className = "panel";
  dialog.setAttribute("closedby", "any");
  dialog.setAttribute("aria-labelledby", "panel-title");
  const heading = document.createElement("h2");
  heading.id = "panel-title";
  heading.textContent = title;
  const close = document.getElementById("panel-close").content.cloneNode(true);
  const head = document.createElement("div");
  head.className = "row";
  head.append(heading, close);
  const body = document.createElement("div");
  dialog.append(head, body);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  return { dialog, body };
}

async function send(form, { dialog, body }) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } });
  if (answer.status === 204) return dialog.close();
  if (!answer.ok) throw new Error(answer.status);
  body.replaceChildren(fragment(await answer.text()));
  body.querySelector(".error, [role=alert]")?.closest(".field")?.querySelector("input, select")?.focus();
}

export async function act(link) {
  // A key that is held down asks again and again.
  if (document.querySelector("dialog.panel, dialog[open]")) return;
  link.closest("[popover]")?.hidePopover();
  const parts = make(link.textContent.trim().replace(/…$/, ""));
  parts.body.addEventListener("submit", event => {
    event.preventDefault();
    send(event.target, parts).catch(() => (parts.body.textContent = FAILED));
  });
  try {
    parts.body.append(fragment(await get(link.href)));
  } catch (error) {
    console.warn(error);
    parts.body.textContent = FAILED;
  }
  parts.dialog.showModal();
}
