// <div id="api-redoc" data-schema="/api/schema/" data-nonce="..."></div>
// Shows the API with Redoc; comes before Redoc's own script, so that what that makes keeps to the policy of the site.

const root = document.querySelector("#api-redoc");

// Some of Redoc's style sheets are made while it loads, before it can be told the nonce. Its one picture is its maker's
// logo, from the maker's host, and no option leaves it out.
const create = document.createElement;
document.createElement = function (name, ...options) {
  const element = create.call(this, name === "img" ? "span" : name, ...options);
  if (name === "style") element.nonce = root.dataset.nonce;
  return element;
};

// Redoc reckons with its colours, so it is given numbers: what the browser makes of the site's own on its ground.
function colour(...names) {
  const context = document.createElement("canvas").getContext("2d");
  for (const name of ["--bg", ...names]) {
    root.style.color = `var(${name})`;
    context.fillStyle = getComputedStyle(root).color;
    context.fillRect(0, 0, 1, 1);
  }
  root.style.color = "";
  return `rgb(${[...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]})`;
}

const ink = colour("--ink");
const paper = colour("--paper");
const theme = {
  colors: {
    gray: { 50: paper, 100: paper },
    primary: { main: colour("--accent") },
    success: { main: colour("--ok") },
    error: { main: colour("--danger") },
    warning: { main: colour("--warn") },
    text: { primary: ink, secondary: colour("--ink-3") },
    border: { light: colour("--line"), dark: colour("--line-2") },
  },
  schema: { nestedBackground: colour("--fill"), linesColor: colour("--line-2"), typeNameColor: colour("--ink-3") },
  sidebar: { backgroundColor: paper, textColor: ink },
  typography: { code: { color: colour("--accent-2"), backgroundColor: colour("--fill-2") } },
  rightPanel: { servers: { overlay: { backgroundColor: paper, textColor: ink }, url: { backgroundColor: paper } } },
  fab: { backgroundColor: paper, color: colour("--accent") },
};

document.addEventListener("DOMContentLoaded", () => {
  // The search would run in a worker made from a blob, which the policy forbids.
  const options = { theme, disableSearch: true, nativeScrollbars: true, hideDownloadButtons: true };
  globalThis.Redoc.init(root.dataset.schema, options, root);
});
