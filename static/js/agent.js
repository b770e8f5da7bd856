// The agent's desk: what follows from the matter, the street and the words; modes of the form; a sound for a waiting call.
const form = () => document.getElementById("register");
const field = (name) => form()?.elements[name];
const value = (name) => field(name)?.value ?? "";
const asking = new WeakMap();

// One question at a time for each panel: the answer to an older one is dropped.
async function load(panel, url, body) {
  if (!panel) return;
  asking.get(panel)?.abort();
  const asked = new AbortController();
  asking.set(panel, asked);
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  const options = { headers: { "HX-Request": "true", ...(body && { "X-CSRF-Token": token }) }, signal: asked.signal, ...(body && { method: "POST", body: new URLSearchParams(body) }) };
  const answer = await fetch(url, options).catch(() => null);
  if (!answer?.ok || asked.signal.aborted || !panel.isConnected) return;
  const html = await answer.text().catch(() => null);  // dropped while it was being read
  if (html === null || asked.signal.aborted) return;
  window.htmx.swap(panel, html, { swapStyle: "innerHTML" });
  return true;
}

const query = (values) => new URLSearchParams(values).toString();
const panel = (id) => document.getElementById(id);

// --- the suggested unit ---

async function suggest(matter = value("matter"), street = value("street")) {
  const preview = matter !== value("matter") || street !== value("street");
  const taken = value("hand_over") ? "false" : "true";
  if (!await load(panel("suggestion"), `/suggestion?${query({ matter, street, take: preview ? "false" : "true", taken })}`)) return;
  panel("suggestion-preview").hidden = !preview;
  if (preview) return;
  const unit = document.querySelector("#suggestion [data-unit]");
  if (field("lead")) field("lead").value = unit?.dataset.unit ?? "";
  nameMainButton();
}

// The main button says what it will do, and the form when it will be a secret (`registration.check`).
function nameMainButton() {
  const button = document.getElementById("save");
  if (!button) return;
  const secret = form().elements.confidential.checked || value("kind") === "report" || form().dataset.confidential === "1";
  document.getElementById("secret").hidden = !secret;
  const sure = document.querySelector("#suggestion [data-unit][data-sure]") && !value("hand_over") && !secret;
  const words = !value("matter") || sure ? button.dataset.sure : button.dataset.unsure;
  if (button.firstChild.textContent.trim() !== words) button.firstChild.textContent = `${words} `;
}

// --- what choosing a matter sets ---

function picked(e) {
  if (e.target.id === "f-matter") {
    const { kind, urgency, confidential } = e.detail;
    if (urgency) document.getElementById(`f-urgency-${Math.min(3, urgency)}`)?.click();
    form().dataset.confidential = confidential ?? "";
    if (confidential) form().elements.confidential.checked = true;
    if (kind === "report") document.getElementById("f-kind-report")?.click();
    field("asked").value = "";
    field("hand_over").value = "";
    follow();
    words(0);
  } else if (e.target.id === "f-street") {
    field("hand_over").value = "";
    suggest();
    incidents();
    words(0);
  }
}

// What many call about just now, around this matter and place.
const incidents = () => load(panel("incidents"), `/desk/incidents?${query({ matter: value("matter"), street: value("street") })}`);

function follow() {
  suggest();
  incidents();
  consequence();
  const citizen = panel("desk")?.dataset.citizen;
  if (citizen && panel("warnings")) load(panel("warnings"), `/desk/warnings?${query({ citizen, matter: value("matter") })}`);
}

const consequence = () => load(panel("matter-more"), `/desk/matter?${query({ matter: value("matter"), kind: value("kind"), urgency: value("urgency"), asked: value("asked") })}`);

// --- look-alikes and knowledge follow the words, after a rest ---

let resting = null;
let reading = null;
let likesOf = "";
let knowledgeOf = "";

function words(rest = 400) {
  clearTimeout(resting);
  clearTimeout(reading);
  resting = setTimeout(likes, rest);
  reading = setTimeout(knowledge, Math.max(rest, 900));
}

function likes() {
  const asked = { content: value("content"), matter: value("matter"), street: value("street"), citizen: panel("desk")?.dataset.citizen ?? "" };
  if (asked.content.trim().length < 4 || JSON.stringify(asked) === likesOf) return;
  likesOf = JSON.stringify(asked);
  if (panel("likes")?.contains(document.activeElement)) return; // being read
  load(panel("likes"), "/lookalikes", asked);
}

// Numbers of people never stand in an address.
function knowledge() {
  const q = value("content").replace(/[0-9０-９-]{5,}/g, "").trim().slice(0, 120);
  const asked = query({ q, matter: value("matter") });
  if (q.length < 4 || asked === knowledgeOf || panel("knowledge")?.contains(document.activeElement)) return;
  knowledgeOf = asked;
  load(panel("knowledge"), `/kb/suggestions?${asked}`);
}

// --- modes: dispatch, answer at once, refuse ---

function mode(then, focus = true) {
  field("then").value = then;
  for (const part of form().querySelectorAll("[data-mode]")) part.hidden = part.dataset.mode !== then;
  if (focus) form().querySelector(`[data-mode="${then}"]:not(.panel-foot) :is(textarea, select)`)?.focus();
  if (focus && then === "dispatch") document.getElementById("f-content").focus();
}

// A knowledge text goes where the answer is written; what stands there is never overwritten.
function write(button) {
  mode("answered");
  const answer = document.getElementById("f-answer");
  answer.value = answer.value.trim() ? `${answer.value.trimEnd()}\n${button.dataset.insert}` : button.dataset.insert;
  field("article").value = button.dataset.article ?? "";
  const used = document.getElementById("article-used");
  used.hidden = !field("article").value;
  used.querySelector("b").textContent = field("article").value;
  answer.focus();
}

document.addEventListener("click", (e) => {
  const then = e.target.closest?.("[data-then]");
  if (then) mode(then.dataset.then);
  const insert = e.target.closest?.("[data-insert]");
  if (insert) write(insert);
  const take = e.target.closest?.("[data-take]");
  if (take) {
    field("hand_over").value = take.dataset.take === "1" ? "" : "1";
    suggest().then(() => document.activeElement === document.body && document.getElementById("take")?.focus());
  }
  const next = e.target.closest?.("[data-next]");
  if (next) {
    next.closest(".panel").remove(); // it has been read out: the form takes its place
    document.querySelector(next.dataset.next)?.focus();
  }
});

document.addEventListener("change", (e) => {
  if (!form()?.contains(e.target)) return;
  const { name } = e.target;
  if (name === "urgency" || name === "kind") consequence();
  if (name === "confidential" || name === "kind") nameMainButton();
  if (name === "reply_by") onlyOneOf(e.target);
  if (e.target.dataset.asked !== undefined) tick(e.target);
});

function onlyOneOf(box) {
  if (!box.checked) return;
  for (const other of form().querySelectorAll('[name="reply_by"]')) {
    if ((other.value === "none") !== (box.value === "none")) other.checked = false;
  }
}

function tick(box) {
  box.closest("li").classList.toggle("ask-done", box.checked);
  field("asked").value = [...form().querySelectorAll("[data-asked]:checked")].map((b) => b.dataset.asked).join(",");
}

document.addEventListener("input", (e) => {
  if (e.target.id === "f-content") words();
  if (e.target.dataset?.narrows) narrow(e.target);
});

function narrow(input) {
  const q = input.value.normalize("NFKC").trim().toLowerCase();
  for (const row of document.querySelectorAll(`${input.dataset.narrows} > li`)) row.hidden = !row.dataset.words.includes(q);
}

let previewing = null;
document.addEventListener("highlighted", (e) => {
  clearTimeout(previewing);
  if (e.target.id === "f-matter") previewing = setTimeout(() => suggest(e.detail.value), 150);
});
document.addEventListener("focusout", (e) => {
  if (e.target.id !== "f-matter") return;
  clearTimeout(previewing);
  suggest();
});
document.addEventListener("picked", (e) => {
  clearTimeout(previewing);
  picked(e);
});
document.addEventListener("unpicked", (e) => ["f-matter", "f-street"].includes(e.target.id) && follow());

// --- the form comes back: from a draft, with errors, or fresh after a save ---

function settle() {
  if (!form()) return;
  mode(value("then") || "dispatch", false);
  follow();
  words(0);
}

document.addEventListener("draft-restored", settle);
document.addEventListener("htmx:load", (e) => {
  if (e.target.id === "desk" || e.target.id === "register" || e.target.querySelector?.("#register")) {
    likesOf = knowledgeOf = "";
    settle();
  }
});

// --- a waiting call: the title and a sound, never the focus ---

let waited = Number(document.getElementById("call-wait")?.dataset.waiting ?? 0);
const ownTitle = document.title;

const bar = document.getElementById("callbar");
if (bar) new MutationObserver(() => {
  const waiting = Number(document.getElementById("call-wait")?.dataset.waiting ?? 0);
  const busy = document.getElementById("call-end");
  if (waiting > waited && !busy) ring();
  if (waiting !== waited) document.title = waiting ? `(${waiting}) ${ownTitle}` : ownTitle;
  waited = waiting;
}).observe(bar, { childList: true, subtree: true });

function ring() {
  if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = 740;
    volume.gain.setValueAtTime(0.08, sound.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.6);
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.6);
    tone.onended = () => sound.close();
  } catch {
    // no sound on this terminal: the bar says it
  }
}
