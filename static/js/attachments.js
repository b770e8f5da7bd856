// Files of a ticket: chosen is sent, after a look at the size; how far it is stands beside the button.
import { announce } from "./words.js";

const MEGABYTE = 2 ** 20;

document.addEventListener("change", (e) => {
  const form = e.target.closest?.("form[data-attach]");
  if (!form || e.target.type !== "file" || !e.target.files.length) return;
  const size = [...e.target.files].reduce((sum, file) => sum + file.size, 0);
  const most = Number(form.dataset.most);
  const error = form.parentElement.querySelector("[data-attach-error]");
  error.hidden = size <= most * MEGABYTE;
  if (error.hidden) return void form.requestSubmit();
  error.textContent = form.dataset.tooLarge.replace("{n}", (size / MEGABYTE).toFixed(1)).replace("{most}", most);
  e.target.value = "";
});

document.addEventListener("htmx:xhr:progress", (e) => {
  const says = e.target.closest?.("form[data-attach]")?.querySelector("[data-attach-says]");
  if (says && e.detail.lengthComputable) says.textContent = `${Math.round((e.detail.loaded / e.detail.total) * 100)} %`;
});

document.addEventListener("htmx:afterSwap", (e) => {
  const part = e.detail.elt?.matches?.("[data-attachments]") ? e.detail.elt : document.querySelector("[data-attachments]");
  if (e.detail.requestConfig?.verb !== "post" || !e.detail.pathInfo?.requestPath.endsWith("/attachments")) return;
  part?.querySelector('input[type="file"]')?.focus({ preventScroll: true });
  announce(part?.querySelector("[role=alert]:not([hidden])")?.textContent.trim() || part?.querySelector(".row-top")?.textContent.trim() || "");
});
