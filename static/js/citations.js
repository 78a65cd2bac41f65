/* Makes links of what an answer says it has from where: "[lease.pdf, p. 12]" leads to that page of the file, if a file
   of that name is attached to a question in the thread. */

const PAGE = "(?:,\\s*(?:pp?\\.|pages?)\\s*(\\d{1,6})[^\\[\\]]{0,40})?";
const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
const NO_PROSE = "a, code, pre, math, button";

/* The files of the thread by name; the last one of a name is meant. */
function files() {
  const found = new Map();
  for (const link of document.querySelectorAll("#thread a[data-attachment]")) found.set(link.dataset.name, link.getAttribute("href"));
  return found;
}

export function cite(root) {
  const known = files();
  if (!known.size) return;
  const names = [...known.keys()].map(name => name.replace(SPECIAL, "\\$&"));
  const citation = new RegExp(`\\[(${names.join("|")})${PAGE}\\]`, "g");
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes("[")) texts.push(walker.currentNode);
  texts.filter(text => !text.parentElement.closest(NO_PROSE)).forEach(text => link(text, citation, known));
}

function link(text, citation, known) {
  const parts = [];
  let end = 0;
  for (const match of text.data.matchAll(citation)) {
    const page = known.get(match[1]);
    const anchor = document.createElement("a");
    anchor.dataset.citation = "";
    anchor.href = match[2] ? `${page}?page=${match[2]}#page-${match[2]}` : page;
    anchor.textContent = match[0];
    parts.push(text.data.slice(end, match.index), anchor);
    end = match.index + match[0].length;
  }
  if (parts.length) text.replaceWith(...parts, text.data.slice(end));
}
