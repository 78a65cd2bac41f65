/* ⌘K, Ctrl-K and links to the search page open the palette, which is fetched when it is first asked for.
   <a data-palette href="/search/"></a> */
async function toggle(event) {
  event.preventDefault();
  (await import("chat/palette")).toggle();
}

document.addEventListener("keydown", event => {
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
  if (key.toLowerCase() === "k" && (ctrlKey || metaKey) && !shiftKey && !altKey) toggle(event);
});

document.addEventListener("click", event => {
  if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) toggle(event);
});
