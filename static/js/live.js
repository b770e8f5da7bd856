// One stream of hints for the whole browser: one tab leads (Web Locks) and tells the others (BroadcastChannel).
// Messages: {topic, counters: {key: n}, pop: …}; a hint carries no data, the page asks again through its own access check.
// Each part of a page knows since when it must hear of its topics: the moment the server began to make it. What is said
// before the stream opens, or while it is broken, is asked for with `since`; moments are the server's own.
import { announce, say, strip, unstrip } from "./words.js";
import { hint, refreshAll, topicsHere } from "./refresh.js";

const meta = document.querySelector('meta[name="officer"]');
const officer = meta?.content;
const me = Math.random().toString(36).slice(2);
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`hotline-live-${officer}`) : null;
const MOST = 100;
let source = null;
let opened = [];
let pinged = 0;
let attempts = 0;
let leading = false;
let reopening = null;
let retrying = null;

// --- since when: topic → moment ---

const begun = Number(meta?.dataset.begun ?? 0);
const arrived = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
const mine = new Map(topicsHere().map((topic) => [topic, begun])); // of this tab's parts
const tabs = new Map(); // the others', for the leader
let covered = new Map(); // what the open stream tells, from which moment on
const told = new Map(); // when a topic was last told by it
let till = 0; // everything up to here was told

// A part that came later was asked for in the last seconds; the server's clock was then no less than this.
const LATELY = 10000;
const lately = () => Math.round(begun + performance.now() - arrived - LATELY);

function needs() {
  const here = topicsHere();
  for (const topic of mine.keys()) if (!here.includes(topic)) mine.delete(topic);
  for (const topic of here) if (!mine.has(topic)) mine.set(topic, Math.max(begun, lately()));
  return [...mine];
}

function heardAll(topics, id) {
  for (const topic of topics) if (mine.has(topic)) mine.set(topic, Math.max(mine.get(topic), id));
}

// --- the tabs ---

function tellTabs(message) {
  channel?.postMessage({ ...message, tab: me });
  heard({ ...message, tab: me });
}

function heard(message) {
  if (message.to && message.to !== me) return;
  if (message.id) heardAll(message.topics, message.id);
  if (message.kind === "hint") hint(message.data);
  if (message.kind === "ping") fresh();
  if (message.kind === "state") online(message.ok, message.attempt);
  if (message.kind === "roll" && message.tab !== me) enrol();
  if (!leading) return;
  if (message.kind === "needs") {
    tabs.set(message.tab, message.needs);
    catchUp(message);
    clearTimeout(reopening);
    reopening = setTimeout(open, 300);
  }
  if (message.kind === "bye") tabs.delete(message.tab);
}

const enrol = () => channel?.postMessage({ kind: "needs", needs: needs(), tab: me });

// A tab that has just come may have missed what the others were told a moment ago.
function catchUp({ tab, needs }) {
  for (const [topic, since] of needs) {
    if (told.get(topic) >= since) channel.postMessage({ kind: "hint", data: { topic }, to: tab });
  }
}

// --- the stream ---

function open() {
  const since = new Map();
  for (const [topic, moment] of [...needs(), ...[...tabs.values()].flat()]) since.set(topic, Math.min(moment, since.get(topic) ?? moment));
  const topics = [...since.keys()].slice(0, MOST).sort();
  const alive = source && source.readyState !== EventSource.CLOSED;
  const known = (topic) => covered.get(topic) <= since.get(topic);
  if (alive && topics.join() === opened.join() && topics.every(known)) return;
  source?.close();
  opened = topics;
  if (!topics.length) return;
  const from = Math.min(...topics.map((topic) => (known(topic) ? Math.max(till, since.get(topic)) : since.get(topic))));
  covered = new Map(topics.map((topic) => [topic, Math.min(from, covered.get(topic) ?? from)]));
  till = from;
  source = new EventSource(`/live?${new URLSearchParams({ topics: topics.join(","), since: from })}`);
  source.onopen = () => tellTabs({ kind: "state", ok: true });
  source.onmessage = (e) => {
    const data = JSON.parse(e.data);
    told.set(data.topic, upTo(e));
    tellTabs({ kind: "hint", data, id: till, topics: opened });
  };
  source.addEventListener("ping", (e) => tellTabs({ kind: "ping", id: upTo(e), topics: opened }));
  source.onerror = lost;
}

const upTo = (e) => (till = Math.max(till, Number(e.lastEventId) || 0));

// The stream may be cut by a proxy while the server is well: ask before saying "lost".
async function lost() {
  source?.close();
  const well = navigator.onLine && await fetch("/healthz", { cache: "no-store" }).then((a) => a.ok, () => false);
  attempts += 1;
  if (well && attempts > 1) await signedOut();
  tellTabs({ kind: "state", ok: well, attempt: attempts });
  clearTimeout(retrying);
  retrying = setTimeout(open, Math.min(30, 2 ** Math.min(attempts, 5)) * 1000 * (0.5 + Math.random())); // wide: all of them come back at once
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
  if (wasOffline) announce(say("back")); // what was missed comes with the stream
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
  setInterval(() => leading && (tabs.clear(), told.clear(), channel?.postMessage({ kind: "roll", tab: me })), 300000);
  setInterval(() => (source?.readyState === EventSource.OPEN && leading) || Date.now() - pinged < 60000 || refreshAll(), 60000);
  if (navigator.locks && channel) navigator.locks.request(`hotline-live-${officer}`, lead);
  else lead();
  enrol();
}
