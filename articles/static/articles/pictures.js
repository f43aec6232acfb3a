/* An article's pictures: sorted by dragging or by buttons, dropped onto the form, chosen from the
   library. The rows are those of the form, and are saved by it; their numbers say their order. */
"use strict";

addEventListener("load", () => {
    const more = document.querySelector(".pictures-drop");
    const prefix = more?.dataset.prefix;
    const group = prefix && document.getElementById(`${prefix}-group`);
    if (!group) {
        return;
    }
    const rows = () => [...group.querySelectorAll("tr.form-row:not(.empty-form)")];
    const place = (row) => row.querySelector("input[name$='-position']");
    const select = (row) => row.querySelector("select[name$='-image']");
    const isKept = (row) => !row.querySelector("input[name$='-DELETE']")?.checked;

    /* Sorting */

    const number = () => rows().forEach((row, index) => {
        if (place(row)) {
            place(row).value = index;
        }
    });
    const limit = () => rows().forEach((row, index, all) => {
        row.querySelector(".row-up").disabled = index === 0;
        row.querySelector(".row-down").disabled = index === all.length - 1;
    });
    // What is wrong with a row stands in a row of its own above it.
    const withErrors = (row) => {
        const above = row.previousElementSibling;
        return above?.classList.contains("row-form-errors") ? [above, row] : [row];
    };
    const putBefore = (row, other) => withErrors(other)[0].before(...withErrors(row));
    const move = (row, step) => {
        const all = rows();
        const other = all[all.indexOf(row) + step];
        if (other) {
            step < 0 ? putBefore(row, other) : putBefore(other, row);
            number();
            limit();
        }
    };
    const button = (name, sign, label, act) => {
        const made = document.createElement("button");
        made.type = "button";
        made.className = name;
        made.textContent = sign;
        made.setAttribute("aria-label", label);
        made.title = label;
        made.addEventListener("click", act);
        return made;
    };
    const drag = (row, handle) => handle.addEventListener("pointerdown", (start) => {
        if (start.button !== 0) {
            return;
        }
        start.preventDefault();
        handle.setPointerCapture(start.pointerId);
        row.classList.add("is-dragged");
        const follow = (event) => {
            const all = rows();
            const at = all.indexOf(row);
            const middle = (other) => {
                const box = other.getBoundingClientRect();
                return box.top + box.height / 2;
            };
            if (at > 0 && event.clientY < middle(all[at - 1])) {
                putBefore(row, all[at - 1]);
            } else if (at < all.length - 1 && event.clientY > middle(all[at + 1])) {
                putBefore(all[at + 1], row);
            }
        };
        const stop = () => {
            handle.removeEventListener("pointermove", follow);
            row.classList.remove("is-dragged");
            number();
            limit();
        };
        handle.addEventListener("pointermove", follow);
        handle.addEventListener("lostpointercapture", stop, {once: true});
    });
    const equip = (row) => {
        if (!place(row) || row.querySelector(".row-moves")) {
            return;
        }
        const moves = document.createElement("span");
        moves.className = "row-moves";
        const handle = document.createElement("span");
        handle.className = "row-handle";
        handle.title = more.dataset.drag;
        handle.setAttribute("aria-hidden", "true");
        handle.textContent = "⠿";
        const act = (step) => (event) => {
            move(row, step);
            event.currentTarget.disabled ? moves.querySelector("button:enabled")?.focus() : event.currentTarget.focus();
        };
        moves.append(
            handle,
            button("row-up", "▲", more.dataset.up, act(-1)),
            button("row-down", "▼", more.dataset.down, act(1)),
        );
        place(row).after(moves);
        drag(row, handle);
    };
    rows().forEach(equip);
    limit();
    group.addEventListener("formset:added", (event) => {
        const row = event.target;
        row.querySelector(".row-moves")?.remove();
        equip(row);
        const others = rows().filter((each) => each !== row).map((each) => Number(place(each)?.value));
        place(row).value = others.length ? Math.max(...others) + 1 : 0;
        limit();
    });
    document.addEventListener("formset:removed", () => setTimeout(limit));
    // Taking a new row away, Django numbers the fields by the order in which rows stand. Those that
    // exist come first in what is sent.
    document.getElementById("article_form")?.addEventListener("submit", () => {
        const isNew = (row) => !row.querySelector("input[name$='-id']")?.value;
        const sorted = [...rows().filter((row) => !isNew(row)), ...rows().filter(isNew)];
        sorted.forEach((row, index) => {
            for (const field of row.querySelectorAll("[name]")) {
                field.name = field.name.replace(new RegExp(`^${prefix}-\\d+-`), `${prefix}-${index}-`);
            }
        });
    });

    /* Adding */

    const numbers = () => rows().filter(isKept).map((row) => select(row)?.value).filter(Boolean);
    const add = (picture) => {
        if (numbers().includes(String(picture.id))) {
            return null;
        }
        let row = rows().find((each) => select(each) && !select(each).value && isKept(each));
        if (!row) {
            group.querySelector(".add-row a").click();
            row = rows().at(-1);
        }
        const field = select(row);
        field.append(new Option(picture.label, picture.id, true, true));
        django.jQuery(field).trigger("change");
        const shown = document.createElement("img");
        shown.className = "thumb";
        shown.src = picture.thumb;
        shown.alt = picture.alt;
        row.querySelector(".field-preview").replaceChildren(shown);
        return row;
    };
    const askFor = (picture, row) => {
        if (!row || picture.alt || !more.dataset.ask) {
            return;
        }
        const field = document.createElement("input");
        field.type = "text";
        field.name = `alt_text_${picture.id}`;
        field.maxLength = 500;
        field.dir = "auto";
        field.className = "vTextField row-describe";
        field.placeholder = more.dataset.ask;
        field.setAttribute("aria-label", `${more.dataset.ask} ${picture.label}`);
        row.querySelector(".field-image").append(field);
    };

    const input = more.querySelector("input[type=file]");
    if (input) {
        const help = more.querySelector("[data-live]");
        help.append(` ${help.dataset.live}`);
        const list = more.querySelector(".uploads");
        const take = async (files) => {
            input.value = "";
            const token = document.querySelector("#article_form [name=csrfmiddlewaretoken]").value;
            await sendPictures(input.dataset.address, token, files, list, (picture, line) => {
                askFor(picture, add(picture));
                line.remove();
            });
        };
        input.addEventListener("change", () => take([...input.files]));
        takeDrops(more, take);
        takeDrops(group, take);
    }

    /* Choosing */

    const dialog = more.querySelector("dialog");
    const found = dialog.querySelector(".chooser-found");
    const search = dialog.querySelector("input");
    const next = dialog.querySelector(".chooser-more");
    let latest = 0;
    const offer = (picture) => {
        const item = document.createElement("li");
        const choice = document.createElement("button");
        choice.type = "button";
        const shown = document.createElement("img");
        shown.src = picture.thumb;
        shown.alt = "";
        shown.loading = "lazy";
        const text = document.createElement("span");
        text.textContent = picture.alt || `${picture.label} (${found.dataset.none})`;
        choice.append(shown, text);
        if (picture.credit) {
            const credit = document.createElement("span");
            credit.className = "quiet";
            credit.textContent = picture.credit;
            choice.append(credit);
        }
        choice.setAttribute("aria-pressed", numbers().includes(String(picture.id)));
        choice.addEventListener("click", () => {
            askFor(picture, add(picture));
            choice.setAttribute("aria-pressed", "true");
        });
        item.append(choice);
        found.append(item);
    };
    const look = async (start) => {
        const turn = ++latest;
        const query = new URLSearchParams({q: search.value, from: start});
        const answer = await fetch(`${dialog.dataset.address}?${query}`, {headers: {Accept: "application/json"}});
        const {pictures, has_more: hasMore} = await answer.json();
        if (turn !== latest) {
            return;
        }
        if (!start) {
            found.replaceChildren();
        }
        pictures.forEach(offer);
        next.hidden = !hasMore;
        dialog.querySelector(".chooser-none").hidden = found.children.length > 0;
    };
    const opener = more.querySelector(".pictures-choose");
    opener.hidden = false;
    opener.querySelector("button").addEventListener("click", () => {
        dialog.showModal();
        look(0);
    });
    let pause;
    search.addEventListener("input", () => {
        clearTimeout(pause);
        pause = setTimeout(look, 200, 0);
    });
    search.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
            event.preventDefault();  // it is no part of the form around it
            look(0);
        }
    });
    next.addEventListener("click", () => look(found.children.length));
    dialog.querySelector(".chooser-done").addEventListener("click", () => dialog.close());
});
