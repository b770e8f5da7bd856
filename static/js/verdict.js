// A form that ends in one of several ways: <form data-verdict> with radios named verdict, parts [data-when="accept"],
// and a main button whose words (data-label-accept) say which way it will go.
function show(form) {
  const way = form.querySelector('input[name="verdict"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll("[data-when]")) {
    part.hidden = !part.dataset.when.split(" ").includes(way);
    // What is not shown is neither required nor sent into the browser's own checks.
    for (const field of part.querySelectorAll("[required], [data-required]")) {
      field.dataset.required = "";
      field.required = !part.hidden;
    }
  }
  const button = form.querySelector('[data-key="Ctrl+Enter"], [data-key-rests]');
  const words = way && button?.getAttribute(`data-label-${way.replace("_", "-")}`);
  if (words && button.firstChild.textContent.trim() !== words) button.firstChild.textContent = `${words} `;
}

const showAll = (root) => {
  if (root.matches?.("form[data-verdict]")) show(root);
  root.querySelectorAll?.("form[data-verdict]").forEach(show);
};

document.addEventListener("change", (e) => e.target.name === "verdict" && e.target.form?.matches("[data-verdict]") && show(e.target.form));
document.addEventListener("draft-restored", (e) => showAll(e.target));
document.addEventListener("htmx:load", (e) => showAll(e.target));
showAll(document);
