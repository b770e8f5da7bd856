// <form data-draft="ticket:new">: what is typed is kept every two seconds, at the server and, encrypted, in this browser.
// The browser's copy is read only by the officer signed in: the key comes from the server and is never stored here.
import { now, wall } from "./clock.js";
import { say, strip, unstrip } from "./words.js";

const officer = document.querySelector('meta[name="officer"]')?.content;
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const place = (key) => `draft:${officer}:${key}`;
const url = (key) => `/drafts/${encodeURIComponent(key)}`;
const forms = new Map();
const erasing = new Map();

const secret = (async () => {
  const given = document.querySelector('meta[name="draft-key"]')?.content;
  if (!given || !crypto.subtle) return null;
  const raw = Uint8Array.from(atob(given.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
})().catch(() => null);

async function keepHere(key, draft, wanted) {
  const by = await secret;
  if (!by) return;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, by, new TextEncoder().encode(JSON.stringify(draft))));
  if (wanted()) localStorage.setItem(place(key), btoa(String.fromCharCode(...iv, ...sealed)));
}

async function keptHere(key) {
  const by = await secret;
  const stored = localStorage.getItem(place(key));
  if (!by || !stored) return null;
  try {
    const bytes = Uint8Array.from(atob(stored), (c) => c.charCodeAt(0));
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, by, bytes.slice(12));
    return JSON.parse(new TextDecoder().decode(opened));
  } catch {
    localStorage.removeItem(place(key)); // sealed under the key of an earlier sign-in: nobody can read it any more
    return null;
  }
}

async function keptThere(key) {
  const answer = await fetch(url(key), { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.status === 200 ? answer.json() : null;
}

const send = (key, method, draft) => fetch(url(key), {
  method,
  keepalive: true,
  headers: { "Content-Type": "application/json", "X-CSRF-Token": token() },
  body: draft && JSON.stringify(draft),
}).then((answer) => answer.ok || answer.status === 404, () => false);

function read(form) {
  const fields = {};
  for (const el of form.elements) {
    if (!el.name || el.name.startsWith("_") || el.type === "password" || el.type === "file" || el.type === "submit") continue;
    if ((el.type === "checkbox" || el.type === "radio") && !el.checked) {
      fields[el.name] ??= [];
      continue;
    }
    (fields[el.name] ??= []).push(el.value);
  }
  return fields;
}

function write(form, fields) {
  const left = Object.fromEntries(Object.entries(fields).map(([name, v]) => [name, Array.isArray(v) ? [...v] : [v]]));
  for (const el of form.elements) {
    const values = left[el.name];
    if (!values || el.name.startsWith("_") || el.type === "file" || el.type === "submit") continue;
    if (el.type === "checkbox" || el.type === "radio") el.checked = values.includes(el.value);
    else if (values.length) el.value = values.shift();
    if ("typeaheadText" in el.dataset) {
      const seen = el.closest(".field")?.querySelector("[data-typeahead]");
      if (seen) seen.value = el.value;
    }
  }
  form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

async function adopt(form) {
  const key = form.dataset.draft;
  if (!officer || forms.has(form)) return;
  const state = { key, first: read(form), saved: null, queue: Promise.resolve() };
  state.saved = state.first;
  forms.set(form, state);
  if (form.querySelector(".field-wrong") || document.querySelector(".errors, .conflict")) return;
  if (sessionStorage.getItem(`sent:${key}`)) return void erase(state);
  await erasing.get(key); // of the form that was just sent under the same key
  const [here, there] = await Promise.all([keptHere(key), keptThere(key)]);
  const draft = [here, there].filter(Boolean).sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  if (!draft || !form.isConnected || !same(read(form), state.first) || same(draft.fields, state.first)) return;
  write(form, draft.fields);
  state.saved = read(form);
  const time = wall(Date.parse(draft.at)).hhmm;
  strip("draft", say("draft_restored", { time }), { actions: [[say("draft_discard"), () => discard(form, state)]] });
}

function discard(form, state) {
  write(form, state.first);
  state.saved = read(form);
  erase(state);
  unstrip("draft");
}

function erase(state) {
  localStorage.removeItem(place(state.key));
  sessionStorage.removeItem(`sent:${state.key}`);
  state.queue = state.queue.then(() => send(state.key, "DELETE"));
  erasing.set(state.key, state.queue);
  unstrip("draft");
}

// Saving is queued for each form, so that an erasure never overtakes the save before it.
function save(form, state) {
  const fields = read(form);
  if (same(fields, state.saved)) return;
  state.saved = fields;
  const draft = { fields, at: new Date(now()).toISOString() };
  state.queue = state.queue.then(async () => {
    if (forms.get(form) !== state) return;
    await keepHere(state.key, draft, () => forms.get(form) === state).catch(() => {});
    const ok = await send(state.key, "PUT", draft);
    if (!ok) state.saved = null;
    tell(form, ok, wall(now()).hhmmss);
  });
}

async function tell(form, ok, time) {
  const line = form.querySelector("[data-draft-state]") ?? document.querySelector(`[data-draft-state="${CSS.escape(form.dataset.draft)}"]`);
  if (!line) return;
  line.textContent = ok ? say("draft_saved", { time }) : (await secret) ? say("draft_local", { time }) : say("draft_failed");
}

setInterval(() => {
  for (const [form, state] of forms) form.isConnected ? save(form, state) : forms.delete(form);
}, 2000);

function adoptAll(root) {
  if (root.matches?.("form[data-draft]")) adopt(root);
  root.querySelectorAll?.("form[data-draft]").forEach(adopt);
}

// A form answered by a whole page: the next page erases, unless it brings the form back with errors.
document.addEventListener("submit", (e) => {
  if (e.target.matches("[data-sign-out]")) {
    for (const name of Object.keys(localStorage)) if (name.startsWith("draft:")) localStorage.removeItem(name);
    return forms.clear();
  }
  const state = forms.get(e.target);
  if (!state || e.defaultPrevented) return;
  save(e.target, state);
  if (!e.target.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]")) sessionStorage.setItem(`sent:${state.key}`, "1");
});

// 409 and 422 bring the form back; htmx calls them successful, since they are swapped.
document.addEventListener("htmx:afterRequest", (e) => {
  const elt = e.detail.requestConfig?.elt ?? e.detail.elt; // the event's own element is another where the form was swapped away
  const form = elt?.closest?.("form[data-draft]");
  const state = form && forms.get(form);
  const verb = e.detail.requestConfig?.verb;
  if (!state || !(e.detail.xhr?.status < 400) || verb === "get" || elt !== form && !elt.matches("[type=submit]")) return;
  forms.delete(form);
  erase(state);
});

function eraseSent() {
  for (const name of Object.keys(sessionStorage)) {
    if (!name.startsWith("sent:")) continue;
    const key = name.slice(5);
    const back = document.querySelector(`form[data-draft="${CSS.escape(key)}"]`);
    if (back && document.querySelector(".field-wrong, .errors, .conflict")) sessionStorage.removeItem(name);
    else if (document.querySelector("main") && !document.querySelector("[data-error-page]")) erase({ key, queue: Promise.resolve() });
  }
}

window.addEventListener("pagehide", () => {
  for (const [form, state] of forms) {
    const fields = read(form);
    if (!same(fields, state.saved)) send(state.key, "PUT", { fields, at: new Date(now()).toISOString() });
  }
});
document.addEventListener("htmx:load", (e) => adoptAll(e.target));
eraseSent();
adoptAll(document);
