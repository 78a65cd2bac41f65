/* Fragments of HTML from the server; an Error when there is none to be had. */

async function fragmentOf(response) {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response.text();
}

export async function get(address) {
  return fragmentOf(await fetch(address, { headers: { "HX-Request": "true" } }));
}

export async function post(address, fields) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "HX-Request": "true", "X-CSRFToken": token };
  return fragmentOf(await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers }));
}
