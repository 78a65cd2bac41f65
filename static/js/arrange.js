/* What is done to one chat or to several: pin, archive, delete. Every page of this person hears of it from the server. */
import { base, complain, current, explain, titleOf } from "chat/chats";
import { post } from "chat/server";
import { offer } from "chat/undo";

const KEPT_SECONDS = 10;
const DELETED_SECONDS = Number(document.getElementById("toast").dataset.undoSeconds);
const WORDS = { archive: "archived", unarchive: "restored", delete: "deleted" };
const OPPOSITE = { archive: "unarchive", unarchive: "archive", delete: "restore" };
const GOES = new Set(["archive", "unarchive", "delete"]);

export function count(number) {
  return number === 1 ? t("1 chat") : t("{number} chats", { number });
}

/* Where nothing can be undone, it is asked for first. */
async function agreed(verb, rows) {
  if (verb !== "delete" || DELETED_SECONDS) return true;
  const dialog = document.getElementById("delete");
  dialog.querySelector("[data-name]").textContent = rows.length === 1 ? `“${titleOf(rows[0])}”` : count(rows.length);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise(done => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "delete";
}

/* Leave the reader where the rows were. */
function drop(rows) {
  const list = rows[0].closest("nav, ul");
  const had = rows.some(row => row.contains(document.activeElement)) || document.activeElement === document.body;
  const all = [...list.querySelectorAll("[data-chat]")];
  const next = all.slice(all.indexOf(rows.at(-1))).find(row => !rows.includes(row)) ?? all.findLast(row => !rows.includes(row));
  rows.forEach(row => row.remove());
  list.querySelectorAll("section:not(:has([data-chat]))").forEach(section => section.remove());
  if (had) next?.querySelector("a").focus();
}

/* Do it; true if it was done. */
export async function arrange(verb, rows) {
  if (!rows.length || !(await agreed(verb, rows))) return false;
  const ids = rows.map(row => row.dataset.chat);
  const fields = name => [["verb", name], ...ids.map(id => ["chat", id])];
  const address = `${base}arrange/`;
  try {
    await post(address, fields(verb));
  } catch (error) {
    console.warn(error);
    if (error.status !== 404) {
      complain(explain(error));
      return false;
    }
  }
  const here = ids.includes(current());
  if (GOES.has(verb)) drop(rows);
  document.body.dispatchEvent(new Event("chats-changed"));
  if (WORDS[verb] && (verb !== "delete" || DELETED_SECONDS)) {
    const open = here && verb === "delete" ? `${base}${current()}/` : null;
    const seconds = verb === "delete" ? DELETED_SECONDS : KEPT_SECONDS;
    offer(`${count(ids.length)} ${WORDS[verb]}.`, { address, fields: fields(OPPOSITE[verb]), open }, seconds);
  }
  if (here && verb === "delete") location.assign(base);
  return true;
}
