/* What a reader does in the thread now and then: thumbs, the kind of help, other versions, the end of the session, the
   same question for another model, and messages that are not on the page yet. */
import { opener } from "chat/demand";
import { fragment } from "chat/html";
import { get, post } from "chat/server";

const thread = document.querySelector("chat-thread");
const WAIT = t("Wait until the answer is finished, or stop it first.");

const verbs = { feedback: rate, mode: help, switch: turnTo, end };

export async function act(element, { submitter }) {
  const { verb, againWith } = element.dataset;
  if (!verb && !againWith) return more(element);
  if (thread.running && verb !== "switch" && verb !== "feedback") return thread.announce(WAIT);
  if (againWith) again(againWith);
  else await verbs[verb](element, submitter);
}

/* Do it, or say what could not be done. */
async function attempt(work, words) {
  try {
    await work();
  } catch (error) {
    console.warn(error);
    thread.problem(`${words} ${t("Try again in a moment.")}`);
  }
}

function end(form) {
  form.closest("[popover]").hidePopover();
  thread.socket.send({ type: "conversation.end" });
}

/* Thumbs up or down, and why. */
function rate(form, button) {
  return attempt(async () => {
    const fresh = fragment(await post(form.action, new FormData(form, button))).firstElementChild;
    const name = button.getAttribute("aria-label");
    form.replaceWith(fresh);
    fresh.querySelector(name ? `[aria-label="${name}"]` : "summary").focus();
    thread.announce(fresh.querySelector("[aria-pressed=true]") ? t("Thank you. It is kept.") : t("It is taken back."));
  }, t("That could not be kept."));
}

/* Which kind of help all further questions get. */
function help(form, button) {
  return attempt(async () => {
    await post(form.action, { mode: button.value });
    thread.announce(t("From now on: {kind}.", { kind: button.textContent }));
    button.closest("details").open = false;
  }, t("That could not be kept."));
}

/* Another version of a question or an answer. */
function turnTo(form, button) {
  const turn = button.value;
  const { top } = button.getBoundingClientRect();
  const steps = `:is([data-turn="${turn}"], [data-turn-end="${turn}"]) [aria-label="${button.parentElement.getAttribute("aria-label")}"]`;
  return attempt(async () => {
    const html = await post(`${thread.dataset.base}${thread.id_}/switch/`, { turn });
    thread.line = thread.line.then(() => {
      thread.scrolling.hold(() => thread.fill(html));
      const [same, other] = [`${steps} [aria-label="${button.ariaLabel}"]`, `${steps} button`].map(each => thread.log.querySelector(`${each}:enabled`));
      const next = same ?? other;
      // The reader goes on stepping from where the button was.
      if (next) window.scrollBy({ top: next.getBoundingClientRect().top - top, behavior: "instant" });
      next?.focus({ preventScroll: true });
    });
  }, t("The other version could not be fetched."));
}

/* The same question for another model, which then answers the next ones too. */
function again(model) {
  document.getElementById("again-menu").hidePopover();
  // As if it had been clicked.
  const choice = [...document.querySelectorAll("#model-menu [name=model]")].find(({ value }) => value === model);
  if (choice) {
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }
  thread.retry(opener("again-menu").closest("[data-turn-end]").dataset.turnEnd, { model });
}

function more(link) {
  // Once by itself; after that only by hand.
  link.dataset.asked = "";
  return attempt(async () => {
    const html = await get(link.href);
    const add = () => link.replaceWith(fragment(html));
    // What comes later comes below of what is being read.
    if (link.matches("[data-later]")) add();
    else thread.scrolling.hold(add);
    // What they cite may have been attached further up.
    thread.log.querySelectorAll("chat-message").forEach(message => message.mark());
  }, t("These messages could not be fetched."));
}
