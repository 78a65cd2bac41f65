/* What browsers differ in: ids, storage and local time. */

// crypto.randomUUID exists only on https and localhost; people also run this site on plain http at home.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// Stands in when the browser refuses storage: then things are kept as long as the page is.
const memory = new Map();

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

export function keep(name, value) {
  memory.delete(name);
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    memory.set(name, value);
  }
}

/* Forget everything whose name begins with the prefix. */
export function forget(prefix) {
  memory.clear();
  try {
    Object.keys(localStorage).filter(name => name.startsWith(prefix)).forEach(name => localStorage.removeItem(name));
  } catch (error) {
    console.warn("Nothing was kept in this browser.", error);
  }
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/* Write the times within `root` in the reader's own zone and language. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const when = new Date(time.dateTime);
    const today = when.toDateString() === new Date().toDateString();
    time.textContent = (today ? CLOCK : DAY).format(when);
    time.title = FULL.format(when);
  }
}
