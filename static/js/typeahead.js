// Combobox over fragments of the server: <input data-typeahead="/matters"> (docs/design.md, Type-ahead).
import { composing } from "./keys.js";
import { plain } from "./palette.js";
import { announce, say } from "./words.js";

const states = new WeakMap();

function stateOf(input) {
  if (!states.has(input)) states.set(input, { box: null, waiting: null, asking: null, composedAt: 0, shown: input.value });
  return states.get(input);
}

const field = (input) => input.closest(".field") ?? input.parentElement;
const options = (state) => [...(state.box?.querySelectorAll("[role=option]") ?? [])];
const marked = (state) => state.box?.querySelector('[role=option][aria-selected="true"]');

function typed(input) {
  const state = stateOf(input);
  // Measured against what was picked, not against the first thing typed: a paste or a cleared field unpicks, too.
  const text = field(input).querySelector("[data-typeahead-text]");
  if (input.value !== (text ? text.value : state.shown)) unpick(input);
  clearTimeout(state.waiting);
  if (!plain(input.value)) return close(input);
  state.waiting = setTimeout(ask, 80, input);
}

// What was picked no longer stands once the text is changed; the text itself is still sent.
function unpick(input) {
  const value = field(input).querySelector("[data-typeahead-value]");
  const text = field(input).querySelector("[data-typeahead-text]");
  if (text) text.value = input.value;
  if (!value?.value) return;
  value.value = "";
  input.dispatchEvent(new CustomEvent("unpicked", { bubbles: true }));
}

async function ask(input) {
  const state = stateOf(input);
  state.asking?.abort();
  state.asking = new AbortController();
  const url = new URL(input.dataset.typeahead, location.href);
  url.searchParams.set("q", plain(input.value));
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: state.asking.signal });
    if (answer.ok) show(input, await answer.text());
  } catch (failure) {
    if (failure.name !== "AbortError") close(input);
  }
}

function show(input, html) {
  if (document.activeElement !== input) return;
  const state = stateOf(input);
  const answer = new DOMParser().parseFromString(html, "text/html");
  const rows = [...answer.querySelectorAll("[role=option]")];
  const before = marked(state)?.id;
  state.box ??= build(input);
  const head = answer.querySelector("[data-head]")?.dataset.head;
  const count = answer.querySelector("[data-count]")?.dataset.count ?? rows.length;
  const said = rows.length ? say("matches", { n: count, q: input.value }) : say("no_match", { q: input.value });
  state.box.firstChild.textContent = head && rows.length ? `${said} · ${head}` : said;
  rows.forEach((row, i) => (row.id ||= `${input.id}-${i}`));
  state.box.querySelector("ul").replaceChildren(...rows.map((row) => document.importNode(row, true)));
  state.box.hidden = false;
  input.setAttribute("aria-expanded", "true");
  mark(input, options(state).find((row) => row.id === before) ?? options(state)[0]);
  announce(said);
}

function build(input) {
  const box = document.createElement("div");
  box.className = "listbox";
  box.innerHTML = '<p class="listbox-head"></p><ul role="listbox"></ul><p class="listbox-foot"><span></span></p>';
  box.querySelector("ul").id = `${input.id}-list`;
  box.querySelector("ul").setAttribute("aria-label", input.labels?.[0]?.textContent.trim() ?? "");
  box.querySelector(".listbox-foot span").textContent = say("pick_first");
  if (input.dataset.footHref) {
    box.lastChild.append(Object.assign(document.createElement("a"), { href: input.dataset.footHref, textContent: input.dataset.footLabel, className: "push" }));
  }
  box.addEventListener("pointerdown", (e) => e.target.closest("a") || e.preventDefault());
  box.addEventListener("click", (e) => {
    const row = e.target.closest("[role=option]");
    if (row) pick(input, row);
  });
  input.parentElement.append(box);
  return box;
}

function mark(input, row) {
  const state = stateOf(input);
  for (const other of options(state)) other.setAttribute("aria-selected", String(other === row));
  if (!row) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
  input.dispatchEvent(new CustomEvent("highlighted", { bubbles: true, detail: { ...row.dataset } }));
}

function close(input) {
  const state = stateOf(input);
  clearTimeout(state.waiting);
  state.asking?.abort();
  if (state.box) state.box.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

export function pick(input, row) {
  const state = stateOf(input);
  input.value = state.shown = row.dataset.label ?? row.textContent.trim();
  const value = field(input).querySelector("[data-typeahead-value]");
  const text = field(input).querySelector("[data-typeahead-text]");
  if (value) value.value = row.dataset.value ?? "";
  if (text) text.value = input.value;
  close(input);
  input.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: { ...row.dataset } }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function steer(e) {
  const input = e.target;
  const state = stateOf(input);
  const open = state.box && !state.box.hidden;
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    e.preventDefault();
    if (!open) return void ask(input);
    const rows = options(state);
    const at = rows.indexOf(marked(state)) + (e.key === "ArrowDown" ? 1 : -1);
    mark(input, rows[(at + rows.length) % rows.length]);
  } else if (e.key === "Enter") {
    e.preventDefault();
    // Safari ends a composition before the Enter that ended it: such an Enter chooses nothing.
    if (open && marked(state) && performance.now() - state.composedAt > 50) pick(input, marked(state));
  } else if (e.key === "Escape" && open) {
    e.preventDefault();
    e.stopPropagation();
    close(input);
  }
}

const mine = (e) => e.target instanceof HTMLInputElement && e.target.dataset.typeahead;

document.addEventListener("input", (e) => mine(e) && typed(e.target));
document.addEventListener("compositionend", (e) => {
  if (mine(e)) stateOf(e.target).composedAt = performance.now();
});
document.addEventListener("keydown", (e) => mine(e) && !composing(e) && steer(e), true);
document.addEventListener("focusout", (e) => mine(e) && close(e.target));
