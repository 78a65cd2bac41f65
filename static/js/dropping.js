/* Files that are dragged over the page, dropped on it or pasted.
   <div class="drop" data-drop hidden>…</div> is shown while files are over the page. */

const PASTED = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif" };

export class Dropping {
  /* `onfiles(files)` gets what was brought, `onproblem(words)` why something was not. */
  constructor(target, { field, onfiles, onproblem }) {
    Object.assign(this, { target, field, onfiles, onproblem, pasted: 0 });
    this.watch = new AbortController();
    const { signal } = this.watch;
    // Without the first two the browser would leave the page for the file.
    document.addEventListener("dragover", event => this.over(event), { signal });
    document.addEventListener("drop", event => this.dropped(event), { signal });
    document.addEventListener("dragleave", event => event.relatedTarget === null && this.show(false), { signal });
    document.addEventListener("paste", event => this.paste(event), { signal });
  }

  close() {
    this.watch.abort();
  }

  show(shown) {
    this.target.hidden = !shown;
  }

  over(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const welcome = !document.querySelector("dialog[open]");
    event.dataTransfer.dropEffect = welcome ? "copy" : "none";
    this.show(welcome);
  }

  dropped(event) {
    this.show(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (document.querySelector("dialog[open]")) return;
    const items = [...event.dataTransfer.items].filter(item => item.kind === "file");
    const folders = items.filter(item => item.webkitGetAsEntry?.()?.isDirectory);
    if (folders.length) this.onproblem("A folder cannot be attached. Open it and take the files in it.");
    const files = items.filter(item => !folders.includes(item)).map(item => item.getAsFile());
    if (files.length) this.onfiles(files.filter(Boolean));
  }

  paste(event) {
    const elsewhere = event.target !== this.field && event.target.closest?.("input, textarea, dialog");
    const files = [...(event.clipboardData?.files ?? [])];
    // A word processor gives a picture of the words beside the words.
    if (elsewhere || !files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    this.onfiles(files.map(file => this.named(file)));
  }

  /* Every pasted picture is called "image.png" by the browser. */
  named(file) {
    if (!/^image\.\w+$/.test(file.name) || !PASTED[file.type]) return file;
    this.pasted += 1;
    const name = this.pasted > 1 ? `Pasted picture ${this.pasted}` : "Pasted picture";
    return new File([file], `${name}.${PASTED[file.type]}`, { type: file.type });
  }
}
