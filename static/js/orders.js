// The unit's pages: how long an answer is as text messages, and prints that are counted however they were begun.
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

// One character outside GSM 03.38 makes the whole message UCS-2: 70 alone, 67 in each part when split.
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€\f]*$/;

export function parts(text) {
  const plain = GSM.test(text);
  const size = plain ? text.length + (text.match(/[\^{}\\[~\]|€\f]/g) ?? []).length : text.length;
  const [alone, each] = plain ? [160, 153] : [70, 67];
  return size <= alone ? 1 : Math.ceil(size / each);
}

function count(area) {
  const line = document.querySelector(`[data-count-for="${CSS.escape(area.id)}"]`);
  const text = area.value.trim();
  if (line) line.textContent = line.dataset.says.replace("{n}", [...text].length).replace("{m}", parts(text));
}

for (const area of document.querySelectorAll("textarea[data-counts]")) {
  area.addEventListener("input", () => count(area));
  area.form?.addEventListener("draft-restored", () => count(area));
  count(area);
}

// What was asked for must not open under the buttons at the thumb.
for (const part of document.querySelectorAll("details.reveal")) {
  part.addEventListener("toggle", () => part.open && part.scrollIntoView({ block: "center" }));
}

const papers = () => [...document.querySelectorAll(".paper[data-order]")];
let counting = false;

function tell() {
  const body = new URLSearchParams(papers().map((paper) => ["order", paper.dataset.order]));
  return fetch("/orders/prints", { method: "POST", keepalive: true, headers: { "X-CSRF-Token": token }, body })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)));
}

function write(counts) {
  for (const paper of papers()) {
    const n = counts[paper.dataset.order];
    if (n) paper.querySelector("[data-prints]").textContent = n;
  }
}

document.addEventListener("click", async (e) => {
  if (!e.target.closest?.("[data-print-counted]") || counting) return;
  counting = true;
  try {
    write(await tell());
    window.print();
  } finally {
    counting = false;
  }
});

// Ctrl+P and the browser's menu do not wait: the number on the paper is the one reckoned when the page came.
window.addEventListener("beforeprint", () => counting || !papers().length || tell().catch(() => {}));
