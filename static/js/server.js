/* Fragments of HTML from the server; an Error when there is none to be had. */

async function fragmentOf(response) {
  if (!response.ok) throw Object.assign(new Error(`${response.url} answered ${response.status}`), { status: response.status });
  return response.text();
}

/* What proves to the server that a request comes from this page. */
export function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]").value;
}

export async function get(address) {
  return fragmentOf(await fetch(address, { headers: { "HX-Request": "true" } }));
}

export async function post(address, fields) {
  const headers = { "HX-Request": "true", "X-CSRFToken": token() };
  return fragmentOf(await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers }));
}
