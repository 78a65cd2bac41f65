/* The tags of one chat or of several, in a dialog: what only some of them have stays as it is unless it is touched.
   <dialog id="tagging"><form><fieldset data-choice><label><input type="checkbox" value="…"></label></fieldset>
     <input name="new"></form></dialog> */
import { count } from "chat/arrange";
import { base, complain, explain, titleOf } from "chat/chats";
import { fragment } from "chat/html";
import { get, post } from "chat/server";
import { offer } from "chat/undo";

const UNDO_SECONDS = 10;
const dialog = document.getElementById("tagging");
const choice = dialog.querySelector("[data-choice]");
const field = dialog.querySelector("[name=new]");
const refused = dialog.querySelector("[data-refused]");
let rows = [];

const tagsOf = row => row.dataset.tags.split(" ").filter(Boolean);
const boxes = () => [...choice.querySelectorAll("input")];

function fill(html) {
  choice.replaceChildren(fragment(html));
  for (const box of boxes()) {
    const having = rows.filter(row => tagsOf(row).includes(box.value)).length;
    box.checked = having === rows.length;
    box.indeterminate = having > 0 && having < rows.length;
  }
}

/* Ask for the tags of these. */
export async function open(asked) {
  rows = asked;
  if (!rows.length) return;
  try {
    fill(await get(`${base}tags/`));
  } catch (error) {
    console.warn(error);
    return complain(t("Your tags could not be fetched. Try again in a moment."));
  }
  dialog.querySelector("[data-name]").textContent = rows.length === 1 ? `“${titleOf(rows[0])}”` : count(rows.length);
  field.value = "";
  refused.hidden = true;
  const drawer = document.getElementById("sidebar");
  const drawn = drawer.matches(":popover-open");
  dialog.showModal();
  (boxes()[0] ?? field).focus();
  // A dialog shuts the drawer; its reader goes on there.
  if (drawn) dialog.addEventListener("close", () => drawer.showPopover(), { once: true });
}

/* Make the tag that was typed and choose it; one of that name that there is already is chosen instead. */
async function make(name) {
  const key = name.toLowerCase();
  let box = boxes().find(each => each.closest("label").textContent.trim().toLowerCase() === key);
  if (!box) {
    const before = new Map(boxes().map(each => [each.value, [each.checked, each.indeterminate]]));
    choice.replaceChildren(fragment(await post(`${base}tags/`, { name })));
    for (const each of boxes()) {
      if (before.has(each.value)) [each.checked, each.indeterminate] = before.get(each.value);
      else box = each;
    }
  }
  Object.assign(box, { checked: true, indeterminate: false });
}

function changes() {
  const add = [];
  const remove = [];
  for (const box of boxes().filter(each => !each.indeterminate)) {
    for (const row of rows) {
      if (box.checked !== tagsOf(row).includes(box.value)) (box.checked ? add : remove).push(`${box.value} ${row.dataset.chat}`);
    }
  }
  return { add, remove };
}

const fields = ({ add, remove }) => [...add.map(pair => ["add", pair]), ...remove.map(pair => ["remove", pair])];

dialog.querySelector("form").addEventListener("submit", async event => {
  event.preventDefault();
  const name = field.value.trim().replaceAll(/\s+/g, " ");
  const address = `${base}tags/put/`;
  try {
    if (name) await make(name);
    const { add, remove } = changes();
    if (add.length || remove.length) {
      await post(address, fields({ add, remove }));
      const undo = { address, fields: fields({ add: remove, remove: add }), open: null };
      offer(t("Tags of {chats} changed.", { chats: count(rows.length) }), undo, UNDO_SECONDS);
    }
  } catch (error) {
    console.warn(error);
    refused.textContent = error.status === 400 ? t("That cannot be kept: too many tags, or a name that is none.") : error.status === 409 ? t("You have a tag of this name already.") : explain(error);
    refused.hidden = false;
    return;
  }
  dialog.close();
  document.dispatchEvent(new Event("chats-tagged"));
  document.body.dispatchEvent(new Event("chats-changed"));
});

dialog.querySelector("[data-cancel-tags]").addEventListener("click", () => dialog.close());
