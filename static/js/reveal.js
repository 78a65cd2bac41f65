/* Shows and hides a password.
   <div class="reveal"><input type="password"><button type="button" data-reveal aria-pressed="false" aria-label="Show password">…</button></div> */
document.addEventListener("click", event => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const field = button.parentElement.querySelector("input");
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});
