/* Changing a question in place. Without JavaScript it is a fold with an ordinary form.
   <details class="edit"><summary>…</summary><form data-verb="edit"><textarea></textarea><button type="button" data-cancel></button></form></details> */

function shut(details) {
  details.querySelector("form").reset();
  details.open = false;
  details.querySelector("summary").focus();
}

/* An opened form gets the cursor, at the end of the text. */
export function act(element) {
  const details = element.closest("details");
  if (element.matches("[data-cancel]")) shut(details);
  // The fold opens after the press that opens it was heard.
  else setTimeout(() => details.open && begin(details.querySelector("textarea")));
}

function begin(field) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("keydown", event => {
  const details = event.target.closest?.(".edit[open]");
  if (!details || event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    shut(details);
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    details.querySelector("form").requestSubmit();
  }
});
