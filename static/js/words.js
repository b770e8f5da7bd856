// The page's words, translated by the server, and the two ways to say something.
const table = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function say(key, values = {}) {
  return (table[key] ?? key).toString().replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const weekday = (index) => table.weekdays?.[index] ?? "";

let lastSpoken = 0;
let waiting = null;

// Polite, at most one message in five seconds; the last one wins.
export function announce(text) {
  const place = document.getElementById("announce");
  if (!place) return;
  clearTimeout(waiting);
  const speak = () => {
    lastSpoken = Date.now();
    place.textContent = text;
  };
  waiting = setTimeout(speak, Math.max(0, lastSpoken + 5000 - Date.now()));
}

// A one-line strip under the top bar. `kind`: lost, old, warn, bad, good or nothing. Strips of the same id replace each other.
export function strip(id, text, { kind = "", more = "", actions = [], into = null } = {}) {
  const place = into ?? document.getElementById("strips");
  if (!place) return;
  let line = place.querySelector(`:scope > [data-strip-id="${id}"]`);
  if (!line) {
    line = document.createElement("p");
    line.dataset.stripId = id;
    place.append(line);
  }
  line.className = `strip${kind ? ` strip-${kind}` : ""}`;
  const said = document.createElement("b");
  said.textContent = text;
  line.replaceChildren(said);
  if (more) line.append(Object.assign(document.createElement("span"), { textContent: more }));
  for (const [label, act] of actions) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", act);
    line.append(button);
  }
}

export function unstrip(id, into = null) {
  (into ?? document.getElementById("strips"))?.querySelector(`:scope > [data-strip-id="${id}"]`)?.remove();
}
