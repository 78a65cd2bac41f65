/* Renaming a chat in its place in the list: the title becomes a field. Enter keeps, Escape gives up, and so does leaving
   it as it was. `over` is called when the field is gone.
   <li data-chat><a><span data-title></span></a><input class="rename"></li> */
import { base, complain, explain, titleOf } from "chat/chats";
import { post } from "chat/server";

const TITLE_CHARACTERS = 200;

export function rename(row, over) {
  const link = row.querySelector("a");
  const field = document.createElement("input");
  Object.assign(field, { className: "rename", maxLength: TITLE_CHARACTERS, value: titleOf(row), autocomplete: "off", dir: "auto" });
  field.setAttribute("aria-label", t("Title"));
  link.hidden = true;
  link.after(field);
  field.select();
  let open = true;
  const close = () => {
    open = false;
    const had = document.activeElement === field;
    field.remove();
    link.hidden = false;
    if (had) link.focus();
    over();
  };
  field.addEventListener("keydown", event => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    const title = field.value;
    close();
    if (event.key === "Enter") keep(row, title);
  });
  field.addEventListener("blur", () => {
    if (!open) return;
    const title = field.value;
    close();
    keep(row, title);
  });
}

async function keep(row, typed) {
  const before = titleOf(row);
  const title = typed.trim().replaceAll(/\s+/g, " ");
  if (!title || title === before) return;
  retitle(row, title);
  try {
    await post(`${base}${row.dataset.chat}/rename/`, { title });
  } catch (error) {
    console.warn(error);
    retitle(row, before);
    complain(explain(error));
  }
}

function retitle(row, title) {
  row.querySelector("[data-title]").textContent = title;
  row.querySelector("button").setAttribute("aria-label", t("Options for {title}", { title }));
  row.querySelector("input").setAttribute("aria-label", t("Select {title}", { title }));
}
