// What every page does: the CSRF header, focus after a save or an error, failures told, undo, printing.
import { announce, say, strip, unstrip } from "./words.js";

const token = document.querySelector('meta[name="csrf-token"]')?.content;

document.addEventListener("htmx:configRequest", (e) => {
  if (token) e.detail.headers["X-CSRF-Token"] = token;
});

// After a failed save the summary takes the focus, after a save the new heading; the title leads with what changed.
const ownTitle = document.title;

function takeFocus(root) {
  const el = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  if (!el) return;
  document.title = el.dataset.title ? `${el.dataset.title} · ${ownTitle}` : ownTitle;
  if (!el.hasAttribute("tabindex") && !el.matches("a, button, input, textarea, select")) el.tabIndex = -1;
  el.focus();
}

document.addEventListener("htmx:load", (e) => takeFocus(e.target));

document.addEventListener("click", (e) => {
  const link = e.target.closest?.('.errors a[href^="#f-"]');
  if (link) {
    const field = document.getElementById(link.getAttribute("href").slice(1));
    const into = field?.matches("input, textarea, select") ? field : field?.querySelector("input, textarea, select");
    if (into) {
      e.preventDefault();
      into.focus();
    }
  }
  if (e.target.closest?.("[data-print]")) window.print();
});

// A request that failed says so beside nothing lost; the page stays as it is.
document.addEventListener("htmx:responseError", (e) => {
  const { status, responseText } = e.detail.xhr;
  const words = { 401: say("signed_out"), 403: say("denied") }[status] ?? say("failed", { why: reason(responseText) ?? status });
  strip("failed", words, { kind: "bad" });
});
document.addEventListener("htmx:sendError", () => strip("failed", say("failed_network"), { kind: "bad" }));
document.addEventListener("htmx:afterOnLoad", (e) => e.detail.successful && unstrip("failed"));

function reason(text) {
  try {
    const problem = JSON.parse(text);
    return problem.detail ?? problem.title;
  } catch {
    return new DOMParser().parseFromString(text ?? "", "text/html").querySelector(".empty h2, h2, h1")?.textContent.trim();
  }
}

// HX-Trigger: {"undo": {"message": "…", "url": "/…"}} offers the way back for ten seconds.
document.addEventListener("undo", (e) => {
  document.querySelector(".undo")?.remove();
  const { message, url } = e.detail;
  const bar = Object.assign(document.createElement("div"), { className: "undo" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: say("undo") });
  button.dataset.command = "";
  button.dataset.initials = "cx";
  button.addEventListener("click", () => {
    bar.remove();
    window.htmx.ajax("POST", url, { target: "#main", swap: "none" });
  });
  bar.append(message, button);
  document.body.append(bar);
  announce(`${message} · ${say("undo")}`);
  const leave = () => (bar.matches(":focus-within, :hover") ? setTimeout(leave, 2000) : bar.remove());
  setTimeout(leave, 10000);
});

takeFocus(document);
