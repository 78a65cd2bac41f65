/* Copies a question, an answer (as it is shown, as Markdown or as plain text) or a piece of code.
   <button data-copy-answer>…</button> <div id="copy-menu" popover data-from="/turns/"><button data-copy-as="markdown"></button></div> */
import { copy } from "chat/clipboard";
import { opener } from "chat/demand";
import { get } from "chat/server";

const COPIED_SECONDS = 2;

/* The text of everything an answer consists of, as shown, and its HTML. */
function answerOf(turn) {
  const proses = [...document.querySelectorAll(`chat-message[data-turn="${CSS.escape(turn)}"] [data-blocks]`)];
  const clones = proses.map(prose => {
    const clone = prose.cloneNode(true);
    clone.querySelectorAll("[data-local]").forEach(node => node.remove());
    return clone;
  });
  return { text: proses.map(prose => readable(prose)).join("\n\n"), html: clones.map(clone => clone.getHTML?.() ?? "").join("\n") };
}

function readable(prose) {
  const buttons = [...prose.querySelectorAll("[data-local]")];
  buttons.forEach(button => (button.hidden = true));
  const text = prose.innerText;
  buttons.forEach(button => (button.hidden = false));
  return text.trim();
}

export async function act(pressed) {
  let button = pressed;
  let content;
  const { copyAs } = button.dataset;
  if (copyAs) {
    const menu = button.closest("[popover]");
    const end = opener("copy-menu").closest("[data-turn-end]");
    button = end.querySelector("[data-copy-answer]");
    menu.hidePopover();
    const { turnEnd } = end.dataset;
    content = copyAs === "plain" ? { text: answerOf(turnEnd).text } : { text: get(`${menu.dataset.from}${turnEnd}/markdown/`) };
  } else if (button.matches("[data-copy-code]")) content = { text: button.closest("figure").querySelector("pre").textContent };
  else if (button.matches("[data-copy-message]")) content = { text: button.closest("chat-message").querySelector("[data-text]").textContent };
  else content = answerOf(button.closest("[data-turn-end]").dataset.turnEnd);
  let done = true;
  try {
    await copy(content.text, content.html);
  } catch (error) {
    console.warn(error);
    done = false;
  }
  button.dispatchEvent(new CustomEvent("chat-announce", { bubbles: true, detail: done ? t("Copied.") : t("The browser did not allow copying.") }));
  if (done) confirm(button);
}

/* Show a tick for a moment. */
function confirm(button) {
  const use = button.querySelector("use");
  const usual = use.getAttribute("href");
  if (button.dataset.done) return;
  button.dataset.done = "";
  use.setAttribute("href", usual.replace(/#.*/, "#i-check"));
  setTimeout(() => {
    delete button.dataset.done;
    use.setAttribute("href", usual);
  }, COPIED_SECONDS * 1000);
}
