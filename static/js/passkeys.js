/* passkeys.js — a form that is signed by a passkey before it is sent.
   <form data-passkey="get|create" data-options="{…}" | data-from="/address/of/options/"> with an input named credential */

const FAILED = t("Nothing was signed. Try again, or use another way.");
const UNABLE = t("This browser cannot use passkeys here. They need HTTPS, or a site on this very machine.");

async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.from, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).request_options;
}

async function sign(form) {
  const { publicKey } = await options(form);
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

function tell(form, words) {
  const notice = form.querySelector("[data-failed]");
  notice.querySelector("[data-words]").textContent = words;
  notice.hidden = false;
}

async function send(form) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const credential = await sign(form);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    button.disabled = false;
    tell(form, FAILED);
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", event => {
    event.preventDefault();
    if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) send(form);
    else tell(form, UNABLE);
  });
  // Until here a click would have sent the form without a signature.
  form.querySelector("button[type=submit]").disabled = false;
}
