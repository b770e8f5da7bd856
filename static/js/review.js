// The reviewer's desk: one form, two ways out; a key chooses the other way and puts the cursor where one writes.
import "./desk.js";
import "./verdict.js";

document.addEventListener("click", (e) => {
  const chooser = e.target.closest?.("[data-chooses]");
  if (!chooser) return;
  const radio = chooser.form.querySelector(`input[name="verdict"][value="${chooser.dataset.chooses}"]`);
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  chooser.form.querySelector(`[data-when="${chooser.dataset.chooses}"] :is(select, textarea, input)`)?.focus();
});

// The ground is asked for only where nobody will be asked.
function grounds(root) {
  for (const part of root.querySelectorAll?.("[data-when-value]") ?? []) {
    const [name, value] = part.dataset.whenValue.split("=");
    part.hidden = part.closest("form").elements[name]?.value !== value;
  }
}
document.addEventListener("change", (e) => e.target.form && grounds(e.target.form));
document.addEventListener("draft-restored", (e) => grounds(e.target));
document.addEventListener("htmx:load", (e) => grounds(e.target.parentElement ?? e.target));
grounds(document);
