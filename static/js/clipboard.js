/* The clipboard, also where a page is served without https. */

/* Put text, or what a promise of text brings, on the clipboard, with its HTML form when there is one. */
export async function copy(text, html = null) {
  if (navigator.clipboard && window.isSecureContext) {
    if (!window.ClipboardItem || (!html && typeof text === "string")) return navigator.clipboard.writeText(await text);
    // A promise and not its text: some browsers allow no waiting between the click and this.
    const blob = async (type, content) => new Blob([await content], { type });
    const forms = { "text/plain": blob("text/plain", text) };
    if (html) forms["text/html"] = blob("text/html", html);
    return navigator.clipboard.write([new ClipboardItem(forms)]);
  }
  const field = document.createElement("textarea");
  field.value = await text;
  field.className = "sr";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error(t("The browser did not allow copying."));
}
