// A demo's accounts: one click fills name and password, the next key or click signs in.
for (const button of document.querySelectorAll(".demo-fill")) {
  button.addEventListener("click", () => {
    for (const field of ["username", "password"]) document.getElementById(`f-${field}`).value = button.dataset[field];
    for (const other of document.querySelectorAll(".demo-fill")) other.setAttribute("aria-pressed", String(other === button));
    document.querySelector(".entrance-form .btn-main").focus();
  });
}
