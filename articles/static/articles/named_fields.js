/* Select2, which Django's admin brings for its autocompletes, leaves its search field without a name
   and puts what is no list item into a list. Screen readers get both right here. */
"use strict";
{
    const mend = (container) => {
        const select = container.previousElementSibling;
        const label = select?.labels?.[0];
        const name = select?.getAttribute("aria-label") || label?.textContent.trim().replace(/:$/, "");
        const search = container.querySelector(".select2-search__field");
        if (search && name && search.getAttribute("aria-label") !== name) {
            search.setAttribute("aria-label", name);
        }
        for (const list of container.querySelectorAll("ul.select2-selection__rendered:not([role])")) {
            list.setAttribute("role", "group");
            if (name) {
                list.setAttribute("aria-label", name);
            }
        }
        for (const item of container.querySelectorAll("ul.select2-selection__rendered > li:not([role])")) {
            item.setAttribute("role", "none");
        }
    };
    const mendAll = () => document.querySelectorAll("select + .select2-container").forEach(mend);
    document.addEventListener("DOMContentLoaded", () => {
        mendAll();
        new MutationObserver(mendAll).observe(document.body, {childList: true, subtree: true});
    });
}
