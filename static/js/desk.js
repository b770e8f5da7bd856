// What the dispatcher's and the reviewer's lists share: the list has the focus, what was done leaves the list at once,
// rows that others took say who did.

const list = document.getElementById("rows");
const queue = document.getElementById("queue");
const result = document.getElementById("result");

// One row is in hand from the start, so that the arrow keys work and its preview stands beside it.
if (list && [document.body, null].includes(document.activeElement)) list.querySelector("tbody [data-number]")?.focus({ preventScroll: true });

export function refresh() {
  if (list) window.htmx.ajax("GET", queue.dataset.liveRefresh, { source: queue, target: "#rows tbody", swap: "innerHTML" });
  const lights = document.getElementById("lights");
  if (lights) window.htmx.ajax("GET", lights.dataset.liveRefresh, { source: lights, target: lights, swap: "innerHTML" });
}

document.addEventListener("queue-changed", refresh);

document.addEventListener("click", (e) => {
  const clears = e.target.closest?.("[data-clears]");
  if (!clears) return;
  document.querySelector(clears.dataset.clears)?.replaceChildren();
  list?.querySelector('tbody [tabindex="0"]')?.focus();
});

// Figures beside the desks' names follow the head's.
document.addEventListener("htmx:load", () => {
  for (const told of document.querySelectorAll("[data-counts]")) {
    for (const el of document.querySelectorAll(`[data-counter="${told.dataset.counts}"]`)) {
      el.textContent = told.dataset.n;
      el.hidden = false;
    }
  }
});

// A preview of what has left the list must not be acted on: the pane says again how to choose a row.
const pane = list && document.querySelector(list.dataset.previewInto);
const bare = pane && [...pane.childNodes].map((node) => node.cloneNode(true));
document.addEventListener("htmx:afterSwap", (e) => {
  const shown = pane?.querySelector("[data-previewed]")?.dataset.previewed;
  if (e.target !== list?.tBodies[0] || !shown || list.querySelector(`[data-number="${CSS.escape(shown)}"]`)) return;
  pane.replaceChildren(...bare.map((node) => node.cloneNode(true)));
});

// A row that left stays, greyed, and says who took it: "张伟 已派出".
const asked = new Set();
let asking = null;

async function ask() {
  const numbers = [...list.querySelectorAll("tr.row-gone")].map((row) => row.dataset.number).filter((n) => !asked.has(n));
  if (!numbers.length) return;
  numbers.forEach((n) => asked.add(n));
  const answer = await fetch(`${list.dataset.moves}?${numbers.map((n) => `number=${n}`).join("&")}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const said of told.querySelectorAll("[data-moved]")) {
    const row = list.querySelector(`tr.row-gone[data-number="${CSS.escape(said.dataset.moved)}"]`);
    row?.querySelector('[data-part="marks"]')?.replaceChildren(said.textContent);
    const box = row?.querySelector('input[type="checkbox"]');
    if (!box) continue;
    if (box.checked) box.click();
    box.disabled = true;
  }
}

if (list?.dataset.moves) {
  new MutationObserver(() => {
    clearTimeout(asking);
    asking = setTimeout(ask, 200);
  }).observe(list.tBodies[0], { subtree: true, attributes: true, attributeFilter: ["class"] });
}
