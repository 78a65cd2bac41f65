/* What is used now and then is fetched when a hand, the Tab key or a shortcut comes near it, so that it is there when it
   is used; a press that comes sooner waits for it. Each of these modules exports `act(element, event)`.
   <a data-palette href="/search/"></a> */

const MODULES = {
  "chat/palette": "[data-palette]",
  "chat/panel": "[data-panel]",
  "chat/presets": "[data-presets]",
  "chat/receipt": "a[data-receipt]",
  "chat/copying": "[data-copy-code], [data-copy-message], [data-copy-answer], [data-copy-as]",
  "chat/dictation": "[data-dictate]",
  "chat/speaking": "[data-speak]",
  "chat/editing": ".edit > summary, .edit [data-cancel]",
  "chat/theme": "#user-menu [name=theme]",
  "chat/menu": "[popovertarget=chat-menu], #chat-menu button, form[data-arrange]",
  "chat/hands": "form:is([data-verb=feedback], [data-verb=mode], [data-verb=end], [data-verb=switch]), [data-again-with], [data-earlier], [data-later]",
};

// Menus that serve many rows or answers: which one is meant says the button that opened it.
const openers = new Map();

export const opener = menu => openers.get(menu);

/* Do something with a module; when it cannot be fetched, say so. */
export async function use(name, work) {
  try {
    await work(await import(name));
  } catch (error) {
    console.warn(error);
    document.dispatchEvent(new CustomEvent("chats-problem", { detail: t("That did not work. Try again in a moment.") }));
  }
}

function wanted({ target }) {
  for (const [name, selector] of Object.entries(MODULES)) {
    const element = target.closest?.(selector);
    if (element) return { name, element };
  }
  return {};
}

function near(event) {
  const { name } = wanted(event);
  if (name) import(name).catch(error => console.warn(error));
}

for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, near, { passive: true });

document.addEventListener("click", event => {
  const button = event.target.closest("[popovertarget]");
  if (button) openers.set(button.getAttribute("popovertarget"), button);
}, { capture: true });

function pressed(event) {
  const { name, element } = wanted(event);
  if (!name || element.matches("form") !== (event.type === "submit")) return;
  if (element.href && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
  if (element.href || event.type === "submit") event.preventDefault();
  use(name, module => module.act(element, event));
}

for (const kind of ["click", "submit"]) document.addEventListener(kind, pressed);

/* Whether words of one answer are selected. */
const selecting = () => {
  const { isCollapsed, anchorNode } = document.getSelection();
  return !isCollapsed && Boolean(anchorNode?.parentElement?.closest(".answer .prose"));
};

document.addEventListener("selectionchange", () => selecting() && use("chat/quoting", ({ offer }) => offer()));

/* The module that a key asks for, and what it acts on. */
function asked({ key, code, target, ctrlKey, metaKey, shiftKey, altKey }) {
  const command = ctrlKey || metaKey;
  if (command) return key.toLowerCase() === "k" && !shiftKey && !altKey ? ["chat/palette"] : [];
  // The key and not the letter: with Alt, some keyboards write another one.
  if (altKey) return code === "KeyQ" && selecting() ? ["chat/quoting"] : [];
  if (key === "/" && target.matches("#message:placeholder-shown")) return ["chat/presets"];
  const link = key === "?" && !target.closest("input, textarea, select, dialog") && document.querySelector("[data-shortcuts]");
  return link ? ["chat/panel", link] : [];
}

document.addEventListener("keydown", event => {
  const [name, element] = asked(event);
  if (!name) return;
  event.preventDefault();
  use(name, ({ act }) => act(element));
});
