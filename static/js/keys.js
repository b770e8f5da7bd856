// The one key handler of all pages. Keys are named on the elements: data-key="Alt+KeyX", data-key="Ctrl+Enter".
import { replaced } from "./keymap.js";
import { openPalette } from "./palette.js";

const TYPED = "input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select, [contenteditable]";

export const composing = (e) => e.isComposing || e.keyCode === 229 || e.key === "Process";

export const visible = (el) => el.getClientRects().length > 0 && !el.disabled && el.getAttribute("aria-disabled") !== "true";

export const keyOf = (el) => replaced[el.dataset.key] ?? el.dataset.key;

// A dialog on top takes all keys; nothing behind it can be pressed by accident.
export const reach = () => [...document.querySelectorAll("dialog[open]")].pop() ?? document;

export function press(el) {
  const again = el.dataset.keyAgain && document.querySelector(el.dataset.keyAgain);
  if (again && visible(again) && (el === document.activeElement || el.contains(document.activeElement))) el = again;
  if (!el.matches(TYPED) && !el.matches("[data-key-focus]")) return el.click();
  el.focus();
  if (el.type === "search") el.select();
}

function pressed(e) {
  if (composing(e)) return;
  const combination = [e.ctrlKey && "Ctrl", e.altKey && "Alt", e.shiftKey && "Shift", e.metaKey && "Meta", e.code]
    .filter(Boolean).join("+").replace("NumpadEnter", "Enter");
  if (e.key !== "Alt") hideKeys(e);
  if (combination === "F2") return act(e, () => openPalette());
  if (combination === "Escape") return escape(e);
  if (combination === "Enter") return plainEnter(e);
  if (!/^(Ctrl|Alt)\+\w+$/.test(combination) && !/^F\d+$/.test(combination)) return;
  const found = [...reach().querySelectorAll("[data-key]")].find((el) => keyOf(el) === combination && visible(el));
  if (found) act(e, () => e.repeat || press(found)); // a key held down is one press
}

function act(e, doing) {
  e.preventDefault();
  doing();
}

// Enter is a new line or nothing; a form with a Ctrl+Enter button is not sent by it.
function plainEnter(e) {
  if (e.target.matches("input:not([type=submit],[type=button],[type=checkbox],[type=radio])")
    && e.target.form?.querySelector('[data-key="Ctrl+Enter"]')) e.preventDefault();
}

// Closes the topmost thing that floats. Browsers empty a search field on Esc: never clear what was typed.
function escape(e) {
  if (e.target.type === "search") e.preventDefault();
  if (document.querySelector("dialog[open]")) return;
  const menu = document.activeElement?.closest("details.drop[open]") ?? [...document.querySelectorAll("details.drop[open]")].pop();
  if (!menu) return leave(e);
  e.preventDefault();
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

// What stands beside the list is closed by its own link, unless somebody is writing.
function leave(e) {
  const closer = document.querySelector('[data-key="Escape"]');
  if (closer && visible(closer) && !e.defaultPrevented && !e.target.matches(TYPED)) act(e, () => closer.click());
}

// Alt held for 600 ms shows the keys that are not printed. Which keys are down is read from each event, never kept.
let holding = null;

function held(e) {
  if (e.key !== "Alt" || e.ctrlKey || e.shiftKey || e.metaKey) return;
  clearTimeout(holding);
  holding = setTimeout(showKeys, 600);
}

function showKeys() {
  for (const el of reach().querySelectorAll("[data-key]")) {
    if (!visible(el)) continue;
    const near = el.matches(TYPED) ? el.closest(".field, .search")?.querySelector(".label") ?? el.parentElement : el;
    if (near.querySelector("[data-kbd], [data-held]") || near.nextElementSibling?.matches("[data-kbd]")) continue;
    const mark = document.createElement("kbd");
    mark.dataset.held = "now";
    mark.textContent = keyOf(el).replace("Key", "");
    near.append(mark);
  }
  document.documentElement.classList.add("keys-shown");
}

function hideKeys(e) {
  clearTimeout(holding);
  if (e?.altKey && e.type === "pointermove") return;
  if (!document.documentElement.classList.contains("keys-shown")) return;
  document.documentElement.classList.remove("keys-shown");
  document.querySelectorAll('[data-held="now"]').forEach((mark) => mark.remove());
}

function printReplaced(root) {
  for (const mark of root.querySelectorAll("kbd[data-kbd]")) {
    if (replaced[mark.dataset.kbd]) mark.textContent = replaced[mark.dataset.kbd].replace("Key", "");
  }
}

document.addEventListener("keydown", pressed);
document.addEventListener("keydown", held);
document.addEventListener("keyup", hideKeys);
document.addEventListener("pointermove", hideKeys, { passive: true });
window.addEventListener("blur", hideKeys);
document.addEventListener("htmx:load", (e) => printReplaced(e.target));
printReplaced(document);
