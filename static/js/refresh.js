/* Keeps a part of a page as it is on the server by now, while somebody looks at it.
   <div data-refresh="/admin/…/live/" data-seconds="2">…</div> */
const LONGEST_SECONDS = 30;

async function refresh(part) {
  const response = await fetch(part.dataset.refresh, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const held = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...fresh.body.childNodes);
  if (held) document.getElementById(held)?.focus();
}

async function watch(part) {
  const seconds = Number(part.dataset.seconds);
  for (let wait = seconds; part.isConnected;) {
    await new Promise(resolve => setTimeout(resolve, wait * 1000));
    if (document.hidden) continue;
    // A server that is away is asked less and less often, and as often as before once it answers.
    wait = await refresh(part).then(() => seconds, () => Math.min(wait * 2, LONGEST_SECONDS));
  }
}

document.querySelectorAll("[data-refresh]").forEach(watch);
