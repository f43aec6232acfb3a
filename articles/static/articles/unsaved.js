/* Around the article's form stand buttons and links that lead away from it. What was typed and not
   saved is not lost by one of them: the browser asks first. */
"use strict";

addEventListener("pageshow", () => {
    const form = document.getElementById("article_form");
    if (!form) {
        return;
    }
    const values = () => JSON.stringify([...new FormData(form)]);
    // After a save that was refused, what stands here is not what is stored.
    const stored = document.querySelector(".errornote") ? "" : values();
    let isSaving = false;
    form.addEventListener("submit", (event) => {
        isSaving = event.submitter?.formTarget !== "_blank";
    });
    addEventListener("pageshow", () => {
        isSaving = false;  // back from where the save had led
    });
    addEventListener("beforeunload", (event) => {
        if (!isSaving && values() !== stored) {
            event.preventDefault();
        }
    });
}, {once: true});
