/** Login and dashboard pages. They work without this script; it copies the booking link and keeps a form from going out twice. */
import "./console.css";

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  const label = button.textContent;
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset["copy"] ?? "");
    if (!(field instanceof HTMLInputElement)) return;
    field.select(); // where the clipboard is closed to us, the selected link is one key press away
    const done = (): void => {
      button.textContent = button.dataset["done"] ?? label;
      setTimeout(() => {
        button.textContent = label;
      }, 2000);
    };
    // Absent on plain http, whatever the types say.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    clipboard?.writeText(field.value).then(done, () => undefined);
  });
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") event.preventDefault();
    form.ariaBusy = "true";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[method=post]")) form.ariaBusy = null;
});

document.documentElement.classList.add("js");
