// <div id="api-docs" data-schema="/api/schema/" data-csrf="token"></div>
// Shows the API with Swagger UI. Calls that are tried out go out as the person who is signed in, with the page's token.

const root = document.querySelector("#api-docs");
const dark = matchMedia("(prefers-color-scheme: dark)");

// Swagger UI has a dark look of its own, by a class.
function dress() {
  const chosen = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
}

dress();
dark.addEventListener("change", dress);

globalThis.SwaggerUIBundle({
  url: root.dataset.schema,
  domNode: root,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  // Its own service would be asked to check the document.
  validatorUrl: null,
  requestInterceptor(request) {
    const ours = new URL(request.url, location.href).origin === location.origin;
    const credential = request.headers.Authorization || request.headers["x-api-key"];
    // A token and the session together would be two answers to who is asking.
    request.credentials = ours && !credential ? "same-origin" : "omit";
    if (ours && !credential) request.headers["X-CSRFToken"] = root.dataset.csrf;
    return request;
  },
});
