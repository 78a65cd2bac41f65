/* The menu of a chat in the list; one serves every row, so which one is meant says the button that opened it.
   <div id="chat-menu" popover><button data-rename></button><button data-arrange="pin"></button><button data-tagging></button></div>
   On the page of archived chats forms stand for it: <form data-arrange><button value="unarchive"></button></form> */
import { complain, explain, over } from "chat/chats";
import { opener } from "chat/demand";

const menu = document.getElementById("chat-menu");
let row = null;

/* What one button stands for, with the rows that it is meant for. */
async function arrange(verb, rows) {
  (await import("chat/arrange")).arrange(verb, rows);
}

async function chosen({ dataset }) {
  menu.hidePopover();
  if (dataset.arrange) return arrange(dataset.arrange, [row]);
  if (dataset.rename !== undefined) return (await import("chat/renaming")).rename(row, over);
  if (dataset.tagging !== undefined) return (await import("chat/tagging")).open([row]);
  return (await import("chat/choosing")).begin([row], over);
}

export async function act(element, event) {
  try {
    if (element.matches("form")) await arrange(event.submitter.value, [element.closest("[data-chat]")]);
    else if (element.matches("[popovertarget]")) opened();
    else await chosen(element);
  } catch (error) {
    console.warn(error);
    complain(explain(error));
  }
}

function opened() {
  row?.classList.remove("open");
  row = opener("chat-menu").closest("[data-chat]");
  row.classList.add("open");
  const pinned = row.dataset.pinned !== undefined;
  menu.querySelector("[data-arrange=pin]").hidden = pinned;
  menu.querySelector("[data-arrange=unpin]").hidden = !pinned;
}

menu.addEventListener("toggle", ({ newState }) => {
  if (newState !== "closed") return;
  row?.classList.remove("open");
  over();
});
