// Drawers that give the focus back, and the right column as tabs on narrow screens.

const openers = new WeakMap();

document.addEventListener("click", (e) => {
  const opener = e.target.closest?.("[data-opens]");
  if (opener) open(document.querySelector(opener.dataset.opens), opener);
  if (e.target.closest?.("[data-closes]")) e.target.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.drop[open]")) if (!menu.contains(e.target)) menu.open = false;
});

// A drawer stands beside the text: what lies under it stays in reach.
function open(drawer, opener) {
  if (!drawer || drawer.open) return;
  openers.set(drawer, opener);
  drawer.show();
  (drawer.querySelector("[autofocus]") ?? drawer.querySelector("h2, h1, button, a, input"))?.focus();
  drawer.addEventListener("close", () => openers.get(drawer)?.isConnected && openers.get(drawer).focus(), { once: true });
}

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.defaultPrevented || e.isComposing) return;
  const drawer = [...document.querySelectorAll("dialog.drawer[open]")].pop();
  if (!drawer) return;
  e.preventDefault();
  drawer.close();
});

const narrow = matchMedia("(max-width: 1199px) and (min-width: 701px)");

function tabs(column) {
  column.querySelector(":scope > .tabs[role=tablist]")?.remove();
  const panels = [...column.querySelectorAll(":scope > .panel")];
  column.classList.toggle("tabbed", narrow.matches && panels.length > 1);
  if (!narrow.matches || panels.length < 2) return;
  const list = Object.assign(document.createElement("div"), { className: "tabs" });
  list.setAttribute("role", "tablist");
  const buttons = panels.map((panel) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "tab" });
    button.textContent = panel.querySelector("h2, h1")?.textContent.trim() ?? "";
    button.setAttribute("role", "tab");
    button.addEventListener("click", () => choose(panel));
    return button;
  });
  function choose(panel) {
    panels.forEach((p, i) => {
      p.classList.toggle("tab-open", p === panel);
      buttons[i].setAttribute("aria-selected", String(p === panel));
      buttons[i].tabIndex = p === panel ? 0 : -1;
    });
  }
  list.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const at = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    buttons[at].click();
    buttons[at].focus();
  });
  list.append(...buttons);
  column.prepend(list);
  choose(panels.find((p) => p.classList.contains("tab-open")) ?? panels[0]);
}

const all = () => document.querySelectorAll(".at-right").forEach(tabs);
narrow.addEventListener("change", all);
document.addEventListener("htmx:load", (e) => e.target.closest?.(".at-right") && all());
all();
