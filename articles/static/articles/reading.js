// What script adds to an article's page: its video plays in place, its address can be copied.
// Without it, both are links.
(() => {
  "use strict";

  // Nothing is asked of the video's host before the reader asks for it here.
  for (const box of document.querySelectorAll("[data-player]")) {
    const link = box.querySelector(".video-start");
    const button = document.createElement("button");
    button.type = "button";
    button.className = link.className;
    button.append(...link.childNodes);
    link.replaceWith(button);
    button.addEventListener("click", () => {
      const frame = player(box.dataset.player, box.dataset.title);
      button.replaceWith(frame);
      frame.focus();
    });
  }

  function player(address, title) {
    const frame = document.createElement("iframe");
    frame.title = title;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    frame.allowFullscreen = true;
    // Players refuse to play for nobody: they are told the site, and not the page.
    frame.referrerPolicy = "strict-origin";
    // It runs its own scripts on its own origin and opens its own page; it cannot leave with ours.
    frame.sandbox =
      "allow-scripts allow-same-origin allow-presentation allow-popups allow-popups-to-escape-sandbox";
    frame.src = address;
    return frame;
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) {
      button.remove(); // over plain http, browsers have none
    }
    button.addEventListener("click", () => {
      const said = document.getElementById("copied");
      navigator.clipboard.writeText(button.dataset.copy).then(
        () => (said.textContent = button.dataset.done),
        () => (said.textContent = button.dataset.failed),
      );
    });
  }
})();
