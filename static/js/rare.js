/* What happens to the thread now and then, and only while the server is there to fetch this from: a conversation begins
   to exist, a tool answers, something is refused, another version stands beside. `thread` is the <chat-thread>. */
import { fragment } from "chat/html";

// Whoever must wait longer gets the words back, and decides.
const LONGEST_WAIT_SECONDS = 60;
// Somebody else's answer was in the way, of which no end was heard here.
const AGAIN_SECONDS = 2;

/* The conversation exists now, under an address of its own. */
export function born(thread) {
  const { composer, dataset, outbox } = thread;
  const { theirs } = composer;
  if (!theirs) outbox.keepDraft("new", "");
  outbox.keepFiles("new", []);
  dataset.known = "";
  // What is being written in another tab is not taken from there.
  if (theirs) composer.adopt(outbox.draft(thread.draftName));
  else outbox.keepDraft(thread.draftName, composer.text);
  outbox.keepFiles(thread.draftName, composer.files.ids);
  thread.querySelector("[data-session-menu]").hidden = false;
  const address = `${dataset.base}${thread.id_}/`;
  for (const link of thread.querySelectorAll("[data-summary]")) link.href = `${address}summary/`;
  history.replaceState(history.state, "", address);
  const list = document.getElementById("chats");
  list.setAttribute("hx-get", `${list.getAttribute("hx-get").split("?")[0]}?current=${thread.id_}`);
  window.htmx.process(list);
}

/* Show the message that was looked for. */
export function seek(thread, message) {
  history.replaceState(history.state, "", location.pathname);
  thread.scrolling.release();
  message.classList.add("sought");
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.scrollIntoView({ block: "center", behavior: "instant" });
}

/* A tool has answered, or asks to be allowed, or a message was removed: its card says so now. */
export async function returned(thread, { type, message, html, allowed }) {
  const card = thread.transcript.find(message);
  if (!card) return thread.reload();
  const fresh = fragment(html).firstElementChild;
  window.htmx.process(fresh);
  const had = card.contains(document.activeElement);
  card.replaceWith(fresh);
  // Whoever has just pressed a button in it goes on from there.
  if (had) fresh.querySelector("summary")?.focus();
  if (type === "message.redacted") thread.announce(t("A moderator has removed a message."));
  if (type === "tool.asked" && allowed === null) thread.announce(t("A tool asks for your permission."));
}

/* The turn has sisters: the steps between them are known to the server alone. */
export async function takeVersions(thread, turn) {
  const { log, transcript } = thread;
  const all = fragment(await thread.fetch());
  const end = all.querySelector(`[data-turn-end="${CSS.escape(turn)}"]`);
  const question = all.querySelector(`[data-turn="${CSS.escape(turn)}"][data-role=user]`);
  if (end) transcript.endOf(turn)?.replaceWith(end);
  if (question) log.querySelector(`#${CSS.escape(question.id)}`)?.replaceWith(question);
}

export function refused(thread, { code, detail, ref, retry_after: wait }) {
  const { delivery, outbox } = thread;
  if (wait && wait <= LONGEST_WAIT_SECONDS && (!ref || outbox.find(ref))) {
    thread.problem(`${detail} ${t("What you wrote is sent again by itself.")}`);
    setTimeout(() => delivery.connected && thread.resend(), wait * 1000);
    return;
  }
  if (code === "turn_running" && waits(delivery, ref)) return;
  const mine = delivery.giveBack(ref);
  if (mine || code !== "turn_running") thread.problem(detail);
}

/* The server is busy with another answer: true if this is a question that can wait for its end. */
function waits(delivery, client) {
  const entry = delivery.outbox.find(client);
  if (entry?.frame.type !== "turn.start") return false;
  delivery.outbox.put({ ...entry, sent: 0 });
  delivery.pending.note(entry, delivery.connected, true);
  if (!delivery.busy()) setTimeout(() => delivery.connected && delivery.next(entry.conversation), AGAIN_SECONDS * 1000);
  return true;
}
