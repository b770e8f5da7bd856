// F2: every command of this page, found by pinyin initials, by its words or by its key.
import { composing, keyOf, press, reach, visible } from "./keys.js";
import { say } from "./words.js";

let box = null;
let from = null;

export const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/['\s]/g, "");

function nameOf(el) {
  if (el.dataset.name) return el.dataset.name;
  const label = el.id && document.querySelector(`label[for="${CSS.escape(el.id)}"] span`);
  if (label) return label.textContent.trim();
  const copy = el.cloneNode(true);
  copy.querySelectorAll("kbd, .count, svg").forEach((part) => part.remove());
  return (copy.textContent || el.getAttribute("aria-label") || "").trim();
}

// What stands under a closed 更多 is found too.
const shelved = (el) => {
  const shelf = el.closest("details.drop:not([open])");
  return shelf !== null && !el.matches("summary") && visible(shelf);
};

function commands(root) {
  const seen = new Set();
  return [...root.querySelectorAll("[data-key], [data-command]")].filter((el) => visible(el) || shelved(el))
    .map((el) => ({ el, name: nameOf(el), key: el.dataset.key ? keyOf(el).replace("Key", "") : "", initials: el.dataset.initials ?? "" }))
    .filter((c) => c.name && !seen.has(c.name) && seen.add(c.name));
}

export function openPalette() {
  if (box?.open) return box.close();
  const all = commands(reach());
  from = document.activeElement;
  box ??= build();
  box.all = all;
  box.field.value = "";
  show();
  box.showModal();
  box.field.focus();
}

function build() {
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", say("commands"));
  dialog.innerHTML = '<label class="label" for="palette-q"></label><input class="input" id="palette-q" role="combobox" aria-expanded="true" aria-controls="palette-list" autocomplete="off" spellcheck="false"><ul id="palette-list" role="listbox"></ul>';
  dialog.querySelector("label").textContent = `${say("commands")} · ${say("commands_hint")}`;
  dialog.field = dialog.querySelector("input");
  dialog.list = dialog.querySelector("ul");
  dialog.field.addEventListener("input", show);
  dialog.field.addEventListener("keydown", steer);
  dialog.list.addEventListener("click", (e) => run(e.target.closest("[role=option]")));
  dialog.addEventListener("close", () => from?.isConnected && from.focus({ preventScroll: true }));
  document.body.append(dialog);
  return dialog;
}

function show() {
  const q = plain(box.field.value);
  const fits = (c) => !q || plain(c.name).includes(q) || c.initials.includes(q) || plain(c.key).includes(q);
  const rank = (c) => (c.initials.startsWith(q) ? 0 : 1);
  const found = box.all.filter(fits).sort((a, b) => (q ? rank(a) - rank(b) : 0));
  box.list.replaceChildren(...found.map(option));
  if (!found.length) box.list.append(Object.assign(document.createElement("li"), { textContent: say("no_command"), className: "ink2" }));
  mark(0);
}

function option(command, index) {
  const row = Object.assign(document.createElement("li"), { id: `palette-${index}`, textContent: command.name });
  row.setAttribute("role", "option");
  row.command = command;
  if (command.initials) row.append(Object.assign(document.createElement("span"), { className: "ink3", textContent: command.initials }));
  if (command.key) row.append(Object.assign(document.createElement("kbd"), { className: "push", textContent: command.key }));
  return row;
}

function mark(index) {
  const rows = [...box.list.querySelectorAll("[role=option]")];
  const at = rows.length ? (index + rows.length) % rows.length : -1;
  rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
  box.at = at;
  box.field.setAttribute("aria-activedescendant", rows[at]?.id ?? "");
  rows[at]?.scrollIntoView({ block: "nearest" });
}

function steer(e) {
  if (composing(e)) return;
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    e.preventDefault();
    mark(box.at + (e.key === "ArrowDown" ? 1 : -1));
  } else if (e.key === "Enter") {
    e.preventDefault();
    run(box.list.querySelector('[aria-selected="true"]'));
  }
}

function run(row) {
  if (!row?.command) return;
  from = null;
  box.close();
  press(row.command.el);
}
