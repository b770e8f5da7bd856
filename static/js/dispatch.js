// The dispatcher's desk: the bar says before it acts, the preview opens its fields by keys, presence beats.
import "./desk.js";
import "./verdict.js";

const bar = document.getElementById("bulk");
const send = document.getElementById("send-batch");

// With a selection Ctrl+Enter is the bar's, without it the preview's: one main button at a time.
function oneMain() {
  const held = bar && !bar.hidden;
  for (const button of document.querySelectorAll("[data-preview-send]")) {
    if (held) {
      button.dataset.keyRests = "";
      delete button.dataset.key;
    } else if ("keyRests" in button.dataset) {
      button.dataset.key = "Ctrl+Enter";
      delete button.dataset.keyRests;
    }
    const kbd = button.querySelector("kbd");
    if (kbd) kbd.hidden = held;
    button.classList.toggle("btn-main", !held);
  }
}

// Nothing can be sent before the bar has said what will happen to exactly these rows.
document.addEventListener("selection", (e) => {
  oneMain();
  if (!send) return;
  send.disabled = true;
  if (e.detail.numbers.length) send.firstElementChild.textContent = send.dataset.wait;
});
document.addEventListener("htmx:load", (e) => {
  oneMain();
  const told = e.target.closest?.("#foreseen")?.querySelector("[data-going]") ?? (e.target.matches?.("[data-going]") ? e.target : null);
  if (!told || !send) return;
  send.firstElementChild.textContent = told.dataset.label;
  send.disabled = told.dataset.going === "0";
});
document.addEventListener("htmx:afterRequest", (e) => {
  if (e.detail.elt === bar && e.detail.successful) bar.querySelector("[data-bulk-clear]").click();
});

// 改单位, 加协办, 写附言 open the fields in place of the buttons.
function reveal(form, name) {
  const fields = form.querySelector("[data-by-hand]");
  const offers = form.querySelector("[data-offers]");
  if (!fields) return;
  fields.hidden = false;
  if (offers) offers.hidden = true;
  const field = form.querySelector(`#f-${name}`);
  field.closest("[data-assist]")?.removeAttribute("hidden");
  field.focus();
  field.select?.();
}

document.addEventListener("click", (e) => {
  const opener = e.target.closest?.("[data-reveals]");
  if (opener) reveal(opener.form, opener.dataset.reveals);
  const more = e.target.closest?.("[data-more-assists]");
  if (!more) return;
  const next = more.form.querySelector("[data-assist][hidden]");
  if (!next) return;
  next.hidden = false;
  next.querySelector("input").focus();
  more.disabled = !more.form.querySelector("[data-assist][hidden]");
});

// The catalogue's reason is for the catalogue's unit; another unit needs the dispatcher's own words.
document.addEventListener("picked", (e) => {
  if (e.target.id !== "f-lead") return;
  const reason = e.target.form?.querySelector("#f-reason");
  if (reason?.dataset.suggested && reason.value.trim() === reason.dataset.suggested.trim()) {
    reason.value = "";
    reason.focus();
  }
});

document.addEventListener("draft-restored", (e) => {
  if (!e.target.matches("[data-dispatch]")) return;
  const fields = e.target.querySelector("[data-by-hand]");
  if (fields) fields.hidden = false;
  const offers = e.target.querySelector("[data-offers]");
  if (offers) offers.hidden = true;
  for (const slot of e.target.querySelectorAll("[data-assist]")) if (slot.querySelector("[data-typeahead]").value) slot.hidden = false;
});

// Both changed the same field: the choice writes into the form below, where it can still be changed.
document.addEventListener("change", (e) => {
  const field = e.target.name?.startsWith("keep_") && e.target.name.slice(5);
  const form = field && e.target.closest("form[data-keep]") || field && document.querySelector("form[data-keep]");
  if (!form) return;
  const values = JSON.parse(form.dataset.keep)[field]?.[e.target.value] ?? {};
  for (const [name, value] of Object.entries(values)) {
    const input = form.elements[name];
    if (input) input.value = value;
    const seen = name.endsWith("_text") && form.querySelector(`#f-${name.slice(0, -5)}`);
    if (seen) seen.value = value;
    if (seen && value) seen.closest("[data-assist]")?.removeAttribute("hidden");
  }
});

// Leaving says so at once; otherwise the name fades after a minute.
const present = document.querySelector("[data-present]");
if (present) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  window.addEventListener("pagehide", () => fetch(present.dataset.present, { method: "DELETE", keepalive: true, headers: { "X-CSRF-Token": token } }).catch(() => {}));
}
oneMain();
