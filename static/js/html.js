/* The one place where HTML becomes part of the page; it is only ever given what the server rendered. */

export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return document.importNode(template.content, true);
}

/* Copy of the <template id="piece-…">. */
export function piece(name) {
  return document.getElementById(`piece-${name}`).content.cloneNode(true).firstElementChild;
}

/* Make `old` look like `fresh` and keep every node that did not change, so that selections, focus and scroll
   positions inside it stay. What scripts added (data-local) stays too. */
export function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    // Appending keeps a selection where it is; setting the whole text would drop it.
    if (fresh.data.startsWith(old.data)) old.appendData(fresh.data.slice(old.data.length));
    else old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const mine = [...old.childNodes].filter(node => !node.dataset || !("local" in node.dataset));
  const theirs = [...fresh.childNodes];
  theirs.forEach((node, index) => {
    const current = mine[index];
    if (!current) old.append(node);
    else if (alike(current, node)) morph(current, node);
    else current.replaceWith(node);
  });
  mine.slice(theirs.length).forEach(node => node.remove());
}

export function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.nodeType !== Node.COMMENT_NODE;
}
