// What a hint does to the page: counters at once, a strip for lists, a quiet swap for small parts; never under the reader's hand.
import { announce, say, strip, unstrip } from "./words.js";

const states = new WeakMap();
const GAP = 5000;

const stateOf = (el) => {
  if (!states.has(el)) states.set(el, { due: null, last: 0, html: null });
  return states.get(el);
};

const live = () => [...document.querySelectorAll("[data-live]")];
const topicsOf = (el) => el.dataset.live.split(/\s+/).filter(Boolean);

export const topicsHere = () => [...new Set(live().flatMap(topicsOf))];

export function hint(message) {
  for (const [key, n] of Object.entries(message.counters ?? {})) {
    document.querySelectorAll(`[data-counter="${CSS.escape(key)}"]`).forEach((el) => {
      el.textContent = n;
      el.hidden = false;
    });
  }
  for (const el of live()) {
    if (!topicsOf(el).includes(message.topic)) continue;
    el.dispatchEvent(new CustomEvent("live", { detail: message }));
    plan(el, (message.spread ?? 0) * 1000);
  }
}

export const refreshAll = () => live().forEach((el) => plan(el));

// At most every five seconds for each part, with jitter, so that five hundred desks do not ask in the same instant;
// over `spread` more when everybody must ask, as after a lost database.
function plan(el, spread = 0) {
  const state = stateOf(el);
  if (!el.dataset.liveRefresh || state.due) return;
  const wait = Math.max(0, state.last + GAP - Date.now()) + Math.random() * (800 + spread);
  state.due = setTimeout(() => fetchPart(el, state), wait);
}

async function fetchPart(el, state) {
  state.due = null;
  if (!el.isConnected) return;
  if (document.hidden) return document.addEventListener("visibilitychange", () => plan(el), { once: true });
  state.last = Date.now();
  const headers = { "HX-Request": "true", ...(state.etag && { "If-None-Match": state.etag }) };
  const answer = await fetch(el.dataset.liveRefresh, { headers }).catch(() => null);
  if (!answer?.ok) return;
  state.etag = answer.headers.get("ETag");
  state.html = await answer.text();
  if (el.dataset.liveMode === "swap") whenStill(el, () => swap(el, state));
  else compare(el, state);
}

let pointer = false;
let composition = false;
document.addEventListener("pointerdown", () => (pointer = true), true);
for (const end of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(end, () => (pointer = false), true);
window.addEventListener("blur", () => (pointer = composition = false));
document.addEventListener("compositionstart", () => (composition = true), true);
document.addEventListener("compositionend", () => (composition = false), true);

function held(el) {
  const chosen = document.getSelection();
  const selecting = chosen && !chosen.isCollapsed && el.contains(chosen.anchorNode);
  const typing = el.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox],[type=radio]), textarea, select");
  return pointer || composition || selecting || typing || document.querySelector("details.drop[open], dialog[open], .listbox:not([hidden])");
}

function whenStill(el, doing) {
  const state = stateOf(el);
  clearInterval(state.holding);
  if (!held(el)) return doing();
  state.holding = setInterval(() => {
    if (el.isConnected && held(el)) return;
    clearInterval(state.holding);
    if (el.isConnected) doing();
  }, 400);
}

const target = (el) => (el.dataset.liveInto ? document.querySelector(el.dataset.liveInto) : el);

function swap(el, state) {
  if (state.html === null) return;
  const html = state.html;
  state.html = null;
  target(el).dispatchEvent(new CustomEvent("live-swap", { bubbles: true }));
  window.htmx.swap(target(el), html, { swapStyle: "innerHTML" });
}

function rowsOf(html) {
  // A fragment of bare table rows is only understood inside a table.
  const table = document.createElement("template");
  table.innerHTML = html;
  return rowsIn(table.content);
}

const rowsIn = (root) => new Map([...root.querySelectorAll("[data-number]")].map((row) => [row.dataset.number, row]));

// What a row says, without what turns by itself.
function saying(row) {
  const copy = row.cloneNode(true);
  copy.querySelectorAll("[data-due] span, [data-since]").forEach((part) => part.replaceChildren());
  const due = [...copy.querySelectorAll("[data-due]")].map((part) => part.dataset.due);
  return copy.textContent.replace(/\s+/g, " ") + due.join();
}

// Presence and marks change in place: <td data-part="marks">.
function renew(row, now) {
  for (const part of now.querySelectorAll("[data-part]")) {
    const old = row.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (old && old.innerHTML !== part.innerHTML) old.replaceChildren(...part.cloneNode(true).childNodes);
  }
}

// New rows wait behind the strip; a changed row keeps its place with a bar, a row that left stays, greyed.
// Rows after the last one known to both were only pushed to the next page.
function compare(el, state) {
  const here = rowsIn(target(el));
  const there = rowsOf(state.html);
  const fresh = [...there.keys()].filter((n) => !here.has(n));
  const known = [...here.keys()];
  const last = fresh.length ? Math.max(-1, ...known.map((n, i) => (there.has(n) ? i : -1))) : known.length;
  known.forEach((n, i) => {
    const row = here.get(n);
    const gone = !there.has(n) && i < last;
    row.classList.toggle("row-gone", gone);
    if (gone) row.setAttribute("aria-description", say("gone"));
    if (!there.has(n)) return;
    renew(row, there.get(n));
    if (saying(there.get(n)) !== saying(row)) row.classList.add("row-changed");
  });
  const place = el.querySelector("[data-strip]") ?? document.querySelector(`[data-strip="${CSS.escape(el.id)}"]`);
  const showing = [[say("show"), () => { unstrip("new", place); swap(el, state); el.dispatchEvent(new CustomEvent("shown", { bubbles: true })); }]];
  if (!fresh.length) return unstrip("new", place);
  const said = say("new_rows", { n: fresh.length });
  strip("new", said, { more: say("unmoved"), actions: showing, into: place });
  announce(said);
}
