// Business time as the server runs it: in a demo a day may pass in minutes.
const meta = document.querySelector('meta[name="business-clock"]');
const rate = Number(meta?.dataset.rate ?? 1);
const started = meta ? Date.parse(meta.content) : Date.now();
const zone = document.querySelector('meta[name="business-zone"]')?.content || "Asia/Shanghai";
const DAY = 86400000;

export const now = () => started + performance.now() * rate;

export const quick = rate > 1;

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export function wall(ms) {
  const found = Object.fromEntries(parts.formatToParts(ms).map((p) => [p.type, p.value]));
  const utc = Date.UTC(found.year, found.month - 1, found.day, found.hour, found.minute, found.second);
  return { utc, hhmm: `${found.hour}:${found.minute}`, hhmmss: `${found.hour}:${found.minute}:${found.second}`, weekday: new Date(utc).getUTCDay() };
}

const calendar = JSON.parse(document.getElementById("calendar")?.textContent ?? "{}");
const off = new Set(calendar.off ?? []);
const on = new Set(calendar.on ?? []);

function working(day) {
  const date = new Date(day * DAY);
  const name = date.toISOString().slice(0, 10);
  return on.has(name) || (!off.has(name) && date.getUTCDay() % 6 !== 0);
}

// One offset for the whole span: spans are days, and the business zone seldom shifts.
function days(from, to) {
  const shift = wall(from).utc - Math.floor(from / 1000) * 1000;
  return [(from + shift) / DAY, (to + shift) / DAY];
}

// Working days after today up to and with the day of `to`; 0 when it is today.
export function workdaysLeft(from, to) {
  const [a, b] = days(from, to);
  let n = 0;
  for (let day = Math.floor(a) + 1; day <= Math.floor(b) && n < 400; day++) if (working(day)) n++;
  return n;
}

// How much of a span lies in working days, in days; for the share of a limit that is used up.
export function workSpan(from, to) {
  const [a, b] = days(from, to);
  let sum = 0;
  for (let day = Math.floor(a); day <= Math.floor(b) && day - a < 400; day++) {
    if (working(day)) sum += Math.max(0, Math.min(b, day + 1) - Math.max(a, day));
  }
  return sum;
}
