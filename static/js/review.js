/* Flags are gone through by keys: j and k move, any other key presses what has it as its data-key in the current flag.
   <ol data-queue data-at="0"> <li data-flag tabindex="-1"> <form> <button data-key="u">… */
const queue = document.querySelector("[data-queue]");
const flags = [...document.querySelectorAll("[data-flag]")];
let at = -1;

function go(place) {
  at = Math.max(0, Math.min(flags.length - 1, place));
  flags[at].focus({ preventScroll: true });
  flags[at].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", event => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || !flags.length) return;
  if (queue && (event.key === "j" || event.key === "k")) go(at + (event.key === "j" ? 1 : -1));
  else flags[Math.max(0, at)].querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});

// Whoever has just decided one goes on with the next, which stands in its place now.
if (queue && new URLSearchParams(location.search).has("at")) go(Number(queue.dataset.at));
flags.forEach((flag, place) => flag.addEventListener("focusin", () => (at = place)));
