// One stream of hints for the whole browser: one tab leads (Web Locks) and tells the others (BroadcastChannel).
// Messages: {topic, counters: {key: n}, pop: …}; a hint carries no data, the page asks again through its own access check.
import { announce, say, strip, unstrip } from "./words.js";
import { hint, refreshAll, topicsHere } from "./refresh.js";

const officer = document.querySelector('meta[name="officer"]')?.content;
const me = Math.random().toString(36).slice(2);
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`hotline-live-${officer}`) : null;
const MOST = 100;
const tabs = new Map();
let source = null;
let opened = "";
let pinged = 0;
let attempts = 0;
let leading = false;
let reopening = null;
let retrying = null;

function tellTabs(message) {
  channel?.postMessage({ ...message, tab: me });
  heard({ ...message, tab: me });
}

function heard(message) {
  if (message.kind === "hint") hint(message.data);
  if (message.kind === "ping") fresh();
  if (message.kind === "state") online(message.ok, message.attempt);
  if (message.kind === "roll" && message.tab !== me) enrol();
  if (!leading) return;
  if (message.kind === "topics") {
    tabs.set(message.tab, message.topics);
    clearTimeout(reopening);
    reopening = setTimeout(open, 300);
  }
  if (message.kind === "bye") tabs.delete(message.tab);
}

const enrol = () => channel?.postMessage({ kind: "topics", topics: topicsHere(), tab: me });

function open() {
  tabs.set(me, topicsHere());
  const topics = [...new Set([...topicsHere(), ...[...tabs.values()].flat()])].slice(0, MOST).sort().join(",");
  if (source && topics === opened && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  opened = topics;
  if (!topics) return;
  source = new EventSource(`/live?topics=${encodeURIComponent(topics)}`);
  source.onopen = () => tellTabs({ kind: "state", ok: true });
  source.onmessage = (e) => tellTabs({ kind: "hint", data: JSON.parse(e.data) });
  source.addEventListener("ping", () => tellTabs({ kind: "ping" }));
  source.onerror = lost;
}

// The stream may be cut by a proxy while the server is well: ask before saying "lost".
async function lost() {
  source?.close();
  const well = navigator.onLine && await fetch("/healthz", { cache: "no-store" }).then((a) => a.ok, () => false);
  attempts += 1;
  if (well && attempts > 1) await signedOut();
  tellTabs({ kind: "state", ok: well, attempt: attempts });
  clearTimeout(retrying);
  retrying = setTimeout(open, Math.min(30, 2 ** Math.min(attempts, 5)) * 1000 * (0.75 + Math.random() / 2));
}

// The stream also ends with the session; writing on is safe, sending is not.
async function signedOut() {
  const answer = await fetch("/drafts/-", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401) strip("failed", say("signed_out"), { kind: "bad" });
}

let wasOffline = false;

function online(ok, attempt = 0) {
  document.documentElement.classList.toggle("offline", !ok);
  if (!ok) {
    wasOffline = true;
    return strip("lost", say("lost", { n: attempt }), { kind: "lost", more: say("lost_more"), actions: [[say("reconnect"), again]] });
  }
  if (!attempt) attempts = 0;
  unstrip("lost");
  if (!attempt) fresh();
  if (wasOffline) {
    announce(say("back"));
    refreshAll();
  }
  wasOffline = false;
}

function again() {
  if (leading) open();
  else fetch("/healthz", { cache: "no-store" }).then((a) => a.ok && online(true), () => {});
}

// Only a server that pings can be found silent.
function fresh() {
  pinged = Date.now();
  unstrip("old");
}

function watch() {
  const seconds = Math.round((Date.now() - pinged) / 1000);
  if (!pinged || seconds <= 90 || wasOffline || document.hidden) return;
  strip("old", say("old", { n: seconds }), { kind: "old", actions: [[say("refresh"), () => { refreshAll(); again(); }]] });
}

function lead() {
  leading = true;
  channel?.postMessage({ kind: "roll", tab: me });
  open();
  return new Promise(() => {});
}

if (officer) {
  channel?.addEventListener("message", (e) => heard(e.data));
  window.addEventListener("pagehide", () => { channel?.postMessage({ kind: "bye", tab: me }); source?.close(); });
  window.addEventListener("pageshow", (e) => e.persisted && location.reload());
  window.addEventListener("offline", () => online(false, attempts + 1));
  window.addEventListener("online", again);
  document.addEventListener("htmx:load", () => (leading ? open() : enrol()));
  document.addEventListener("submit", (e) => {
    if (!document.documentElement.classList.contains("offline")) return;
    e.preventDefault();
    e.stopPropagation();
    announce(say("lost_more"));
  }, true);
  setInterval(watch, 10000);
  setInterval(() => leading && (tabs.clear(), channel?.postMessage({ kind: "roll", tab: me })), 300000);
  setInterval(() => (source?.readyState === EventSource.OPEN && leading) || Date.now() - pinged < 60000 || refreshAll(), 60000);
  if (navigator.locks && channel) navigator.locks.request(`hotline-live-${officer}`, lead);
  else lead();
  enrol();
}
