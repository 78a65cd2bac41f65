// <form data-call="PATCH" data-csrf="token"><textarea name="body">{}</textarea><pre data-answer hidden></pre></form>
// Sends the body to this page's address as the person who is signed in, and shows what is answered.

async function send(form) {
  const method = form.dataset.call;
  const options = { method, headers: { Accept: "application/json", "X-CSRFToken": form.dataset.csrf } };
  if (form.elements.body) {
    options.headers["Content-Type"] = "application/json";
    options.body = form.elements.body.value;
  }
  const answer = await fetch(location.href, options);
  const text = await answer.text();
  return `${answer.status} ${answer.statusText}\n${answer.headers.get("Location") ?? ""}\n${pretty(text)}`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const form of document.querySelectorAll("form[data-call]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("[data-answer]");
    try {
      shown.textContent = await send(form);
    } catch {
      shown.textContent = t("The server cannot be reached.");
    }
    shown.hidden = false;
  });
}
