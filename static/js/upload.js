/* One file on its way to the server. `progress(share)` is told how much of it is there, from 0 to 1.
   Gives {done, abort}: `done` becomes what the server says of the file, or fails with a sentence for people
   and, where the server answered, its status. */

const SENTENCES = {
  0: t("The connection was lost."),
  401: t("You are signed out. Reload the page and sign in."),
  413: t("This file is too large."),
};

export function upload(file, { to, token, progress }) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", to);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.upload.addEventListener("load", () => progress(1));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response);
      else reject(Object.assign(new Error(sentence(request)), { status: request.status }));
    });
    request.addEventListener("error", () => reject(new Error(SENTENCES[0])));
    request.addEventListener("abort", () => reject(new DOMException(t("It was cancelled."), "AbortError")));
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
  return { done, abort: () => request.abort() };
}

function sentence({ status, response }) {
  return response?.detail ?? SENTENCES[status] ?? t("The server could not take this file. Try again in a moment.");
}
