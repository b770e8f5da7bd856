// Lists worked by keys: <table data-list> or <ul data-list>, rows carry data-number and data-href.
import { composing, press } from "./keys.js";
import { lettersInLists } from "./keymap.js";
import { say } from "./words.js";

const ROW = "[data-list] [data-number]";
const listOf = (row) => row.closest("[data-list]");
const rowsOf = (list) => [...list.querySelectorAll("[data-number]")];
const boxOf = (row) => row.querySelector('input[type="checkbox"]');
const chosen = (list) => rowsOf(list).filter((row) => boxOf(row)?.checked);
const anchors = new WeakMap();
const current = new WeakMap();

function prepare(root) {
  for (const list of root.querySelectorAll?.("[data-list]") ?? []) {
    const rows = rowsOf(list);
    for (const row of rows) row.tabIndex = -1;
    const back = rows.find((row) => row.dataset.number === current.get(list)?.number) ?? rows[0];
    if (back) back.tabIndex = 0;
    paint(list);
  }
}

function go(row, { focus = true } = {}) {
  const list = listOf(row);
  for (const other of rowsOf(list)) other.tabIndex = other === row ? 0 : -1;
  current.set(list, { number: row.dataset.number, index: rowsOf(list).indexOf(row) });
  if (focus) row.focus();
  row.dispatchEvent(new CustomEvent("row-focus", { bubbles: true, detail: { number: row.dataset.number } }));
  preview(list, row);
}

// Each part asks on its own behalf (`source`): what the body asks for, htmx keeps only the last of.
const looking = new WeakMap();

function preview(list, row) {
  const into = list.dataset.previewInto && document.querySelector(list.dataset.previewInto);
  if (!into || !row.dataset.preview) return;
  clearTimeout(looking.get(list));
  looking.set(list, setTimeout(() => window.htmx.ajax("GET", row.dataset.preview, { source: into, target: into, swap: "innerHTML" }), 150));
}

function tick(row, on) {
  const box = boxOf(row);
  if (!box || box.disabled || box.checked === on) return;
  box.checked = on;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

// Shift marks from where it began to here, as lists do everywhere.
function extend(list, from, to) {
  const rows = rowsOf(list);
  const start = anchors.get(list) ?? rows.indexOf(from);
  anchors.set(list, start);
  const [a, b] = [start, rows.indexOf(to)].sort((x, y) => x - y);
  rows.slice(a, b + 1).forEach((row) => tick(row, true));
}

function steer(e) {
  if (composing(e) || e.ctrlKey || e.altKey || e.metaKey) return;
  const row = e.target.closest?.(ROW);
  if (!row || (e.target !== row && !e.target.matches('input[type="checkbox"]'))) return;
  const list = listOf(row);
  const letters = lettersInLists && e.target === row && !e.shiftKey;
  const step = e.code === "ArrowDown" || (letters && e.code === "KeyJ") ? 1 : e.code === "ArrowUp" || (letters && e.code === "KeyK") ? -1 : 0;
  if (step) {
    const next = rowsOf(list)[rowsOf(list).indexOf(row) + step];
    if (next) {
      if (e.shiftKey) extend(list, row, next);
      else anchors.delete(list);
      go(next);
    }
  } else if ((e.code === "Space" && e.target === row) || (letters && e.code === "KeyX")) tick(row, !boxOf(row)?.checked);
  else if (e.code === "Enter" || e.code === "NumpadEnter") openRow(row);
  else if (e.code === "Escape" && chosen(list).length) clear(list);
  else return;
  e.preventDefault();
}

function openRow(row) {
  const link = row.querySelector("a[data-open], a.tail");
  if (link) return press(link);
  if (row.dataset.href) location.assign(row.dataset.href);
}

export function clear(list) {
  chosen(list).forEach((row) => tick(row, false));
}

function paint(list) {
  const rows = rowsOf(list);
  const marked = chosen(list);
  for (const row of rows) {
    if (boxOf(row)) row.setAttribute("aria-selected", String(boxOf(row).checked));
  }
  const all = list.querySelector("[data-all]");
  if (all) {
    all.checked = rows.length > 0 && marked.length === rows.length;
    all.indeterminate = marked.length > 0 && !all.checked;
  }
  bar(list, marked.map((row) => row.dataset.number));
}

const said = new WeakMap();

// The bar says what will happen and which rows will not, in the server's words, before the click.
function bar(list, numbers) {
  const place = list.id && document.querySelector(`[data-bulk="#${CSS.escape(list.id)}"]`);
  if (!place) return;
  if (said.get(place) === numbers.join()) return;
  said.set(place, numbers.join());
  if (!("bulkStays" in place.dataset)) place.hidden = !numbers.length;
  const count = place.querySelector("[data-bulk-count]");
  if (count) count.textContent = numbers.length ? say("selected", { n: numbers.length }) : "";
  for (const button of place.querySelectorAll("[data-bulk-label]")) {
    button.firstChild.textContent = button.dataset.bulkLabel.replace("{n}", numbers.length);
    button.disabled = !numbers.length;
  }
  place.querySelectorAll('input[type="hidden"][data-picked]').forEach((el) => el.remove());
  for (const n of numbers) {
    const el = Object.assign(document.createElement("input"), { type: "hidden", name: list.dataset.name ?? "number", value: n });
    el.dataset.picked = "";
    place.append(el);
  }
  const says = place.querySelector("[data-bulk-says]");
  if (says?.dataset.bulkSays && numbers.length) {
    const url = new URL(says.dataset.bulkSays, location.href);
    numbers.forEach((n) => url.searchParams.append(list.dataset.name ?? "number", n));
    window.htmx.ajax("GET", url.pathname + url.search, { source: says, target: says, swap: "innerHTML" });
  }
  list.dispatchEvent(new CustomEvent("selection", { bubbles: true, detail: { numbers } }));
}

document.addEventListener("keydown", steer);
document.addEventListener("change", (e) => {
  const list = e.target.closest?.("[data-list]");
  if (!list || e.target.type !== "checkbox") return;
  if (e.target.matches("[data-all]")) rowsOf(list).forEach((row) => boxOf(row) && !boxOf(row).disabled && (boxOf(row).checked = e.target.checked));
  paint(list);
});
document.addEventListener("click", (e) => {
  const cleared = e.target.closest?.("[data-bulk-clear]")?.closest("[data-bulk]");
  if (cleared) clear(document.querySelector(cleared.dataset.bulk));
  const row = e.target.closest?.(ROW);
  if (!row) return;
  if (e.target.matches("td.w-check")) return boxOf(row)?.click();
  if (e.target.closest("a, button, input, label, select")) return;
  anchors.delete(listOf(row));
  go(row);
});
document.addEventListener("dblclick", (e) => {
  const row = e.target.closest?.(ROW);
  if (row && !e.target.closest("a, button, input, label")) openRow(row);
});
document.addEventListener("focusin", (e) => e.target.matches?.(ROW) && current.get(listOf(e.target))?.number !== e.target.dataset.number && go(e.target, { focus: false }));

// A swap keeps what was chosen, where the reader was, and the scroll; a vanished row hands the focus to the next.
let before = null;
function remember(e) {
  const lists = [...document.querySelectorAll("[data-list]")].filter((l) => l.id && (e.target.contains(l) || l.contains(e.target)));
  if (!lists.length) return; // another part is swapped while a list settles
  before = lists.map((l) => ({ id: l.id, numbers: chosen(l).map((r) => r.dataset.number), at: current.get(l), focused: document.activeElement?.matches(ROW) && l.contains(document.activeElement), top: l.closest(".scroll")?.scrollTop }));
}

for (const name of ["htmx:beforeSwap", "live-swap"]) document.addEventListener(name, remember);
document.addEventListener("htmx:load", (e) => {
  const root = e.target.closest("[data-list]")?.parentElement ?? e.target;
  for (const old of before ?? []) {
    const list = document.getElementById(old.id);
    if (!list) continue;
    for (const row of rowsOf(list)) if (old.numbers.includes(row.dataset.number) && boxOf(row)) boxOf(row).checked = true;
    if (old.at) current.set(list, old.at);
    const row = rowsOf(list).find((r) => r.dataset.number === old.at?.number) ?? rowsOf(list)[Math.min(old.at?.index ?? 0, rowsOf(list).length - 1)];
    if (old.focused && row && [document.body, null].includes(document.activeElement)) go(row); // who has taken it meanwhile keeps it
    const scroll = list.closest(".scroll");
    if (scroll && old.top !== undefined) scroll.scrollTop = old.top;
  }
  before = null;
  prepare(root);
});
prepare(document);
