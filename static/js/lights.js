// Turns lights, ages, timers and the top bar's clock from stored moments; the server is not asked.
import { now, quick, wall, workdaysLeft, workSpan } from "./clock.js";
import { say, weekday } from "./words.js";

const MINUTE = 60000;
const HOUR = 3600000;
const DAY = 86400000;

// More than half left is green, half yellow, a fifth orange, over red; a limit of five working days or more is yellow on its last.
export function colour({ start, due, days, at }) {
  if (at >= due) return "red";
  if (!start) return "grey";
  const [left, whole] = days ? [workSpan(at, due), workSpan(start, due)] : [due - at, due - start];
  const share = whole > 0 ? left / whole : 0;
  if (share <= 0.2) return "orange";
  if (share <= 0.5 || (days >= 5 && workdaysLeft(at, due) <= 1)) return "yellow";
  return "green";
}

const two = (n) => String(n).padStart(2, "0");

function spell(stem, ms, { hoursTo = 2 * DAY } = {}) {
  const minutes = Math.max(1, Math.floor(ms / MINUTE));
  if (ms < HOUR) return say(`${stem}_minutes`, { n: minutes });
  const h = Math.floor(ms / HOUR);
  if (h < 5) return say(`${stem}_hours_minutes`, { h, m: stem === "over" ? minutes % 60 : two(minutes % 60) });
  if (ms < hoursTo) return say(`${stem}_hours`, { n: h });
  return say(`${stem}_days`, { n: Math.floor(ms / DAY) });
}

export function words({ due, days, kind, label, at }) {
  const left = due - at;
  const returning = kind === "return";
  if (left <= 0) {
    if (returning) return say("return_over");
    const over = spell("over", -left, { hoursTo: DAY });
    return label ? say("labelled", { label, words: over }) : over;
  }
  const stem = returning ? "return" : "left";
  const workdays = days ? workdaysLeft(at, due) : 0;
  return workdays > 0 ? say(`${stem}_workdays`, { n: workdays }) : spell(stem, left);
}

function turn(el, at) {
  const due = Date.parse(el.dataset.due);
  if (Number.isNaN(due)) return;
  const days = Number(el.dataset.days ?? 0);
  const name = colour({ start: Date.parse(el.dataset.start) || 0, due, days, at });
  const text = words({ due, days, kind: el.dataset.kind, label: el.dataset.word, at });
  if (el.dataset.light !== name && el.classList.contains("light")) {
    el.classList.remove("light-green", "light-yellow", "light-orange", "light-red", "light-grey");
    el.classList.add(`light-${name}`);
    el.querySelector("use")?.setAttribute("href", `#shape-${name}`);
    el.dataset.light = name;
  }
  const place = el.querySelector("span") ?? el;
  if (place.textContent !== text) place.textContent = text;
}

function write(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

export function turnAll(root = document) {
  const at = now();
  for (const el of root.querySelectorAll("[data-due]")) turn(el, at);
  for (const el of root.querySelectorAll("[data-since]")) write(el, spell("age", at - Date.parse(el.dataset.since)));
  const today = wall(at);
  for (const el of root.querySelectorAll("[data-clock]")) write(el, `${weekday(today.weekday)} ${today.hhmm}`);
}

function runTimers() {
  const at = now();
  for (const el of document.querySelectorAll("[data-timer]")) {
    const seconds = Math.max(0, Math.floor((at - Date.parse(el.dataset.timer)) / 1000));
    const hours = Math.floor(seconds / 3600);
    write(el, `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`);
  }
}

setInterval(turnAll, quick ? 1000 : 5000, document);
document.addEventListener("htmx:load", (e) => turnAll(e.target.parentElement ?? document));
document.addEventListener("visibilitychange", () => document.hidden || turnAll());
setInterval(runTimers, 1000);
turnAll();
runTimers();
