// Light, dark, or as the device says: the reader's choice, kept in this browser and nowhere else.
// Runs before anything is drawn, so that no page flashes. What needs script is shown by its mark
// on the root, data-theme.
(() => {
  "use strict";

  const KEY = "theme";
  const CHOICES = ["auto", "light", "dark"];

  // A browser that refuses to keep anything still shows what was chosen, until the next page.
  function kept() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  function keep(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Refused, or full.
    }
  }

  function show(asked) {
    const choice = CHOICES.includes(asked) ? asked : "auto";
    document.documentElement.dataset.theme = choice;
    document.querySelector("meta[name=color-scheme]").content =
      choice === "auto" ? "light dark" : choice;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
      const { scheme } = meta.dataset;
      const always = choice === scheme ? "all" : "not all";
      meta.media = choice === "auto" ? `(prefers-color-scheme: ${scheme})` : always;
    }
    for (const input of document.querySelectorAll(".theme input")) {
      input.checked = input.value === choice;
    }
  }

  const again = () => show(kept());
  again();
  document.addEventListener("DOMContentLoaded", again);
  addEventListener("pageshow", (event) => event.persisted && again());
  addEventListener("storage", (event) => event.key === KEY && show(event.newValue));
  document.addEventListener("change", ({ target }) => {
    if (target.matches(".theme input")) {
      keep(target.value);
      show(target.value);
    }
  });
})();
