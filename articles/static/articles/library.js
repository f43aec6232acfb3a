/* The picture library: files are dropped anywhere on its page, each sent by itself with its progress.
   And what was written in the list and not saved is not lost by leaving it. */
"use strict";

/* Sends one file. `tell` is called with the share that is sent, from 0 to 1. Gives what the server
   says: {pictures, refused}; null where no answer came. */
globalThis.sendPicture = (address, token, file, tell) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("files", file);
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => tell(event.loaded / event.total));
    request.addEventListener("load", () => resolve(request.response?.pictures ? request.response : null));
    request.addEventListener("error", () => resolve(null));
    request.send(body);
});

/* Lets files be dropped on `place`; `take` gets them as a list. */
globalThis.takeDrops = (place, take) => {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0;
    place.addEventListener("dragenter", (event) => {
        if (holdsFiles(event)) {
            depth += 1;
            place.classList.add("is-over");
        }
    });
    place.addEventListener("dragleave", (event) => {
        if (holdsFiles(event)) {
            depth -= 1;
            place.classList.toggle("is-over", depth > 0);
        }
    });
    place.addEventListener("dragover", (event) => {
        if (holdsFiles(event)) {
            event.preventDefault();
        }
    });
    place.addEventListener("drop", (event) => {
        if (holdsFiles(event)) {
            event.preventDefault();
            event.stopPropagation();
            depth = 0;
            place.classList.remove("is-over");
            take([...event.dataTransfer.files]);
        }
    });
};

/* Sends the files one after the other, each with a line in `list`, a `ul.uploads`. `done` is called
   with each picture that was kept and the line that tells of it. */
globalThis.sendPictures = async (address, token, files, list, done) => {
    const lines = files.map((file) => {
        const line = document.createElement("li");
        const name = document.createElement("bdi");
        name.textContent = file.name;
        const progress = document.createElement("progress");
        progress.setAttribute("aria-label", file.name);
        progress.value = 0;
        line.append(name, " ", progress);
        list.append(line);
        return line;
    });
    let kept = 0;
    for (const [index, file] of files.entries()) {
        const line = lines[index];
        const progress = line.querySelector("progress");
        const answer = await sendPicture(address, token, file, (share) => {
            progress.value = share;
        });
        progress.remove();
        if (answer?.pictures.length) {
            kept += 1;
            line.classList.add("is-kept");
            done(answer.pictures[0], line);
        } else {
            line.classList.add("is-refused");
            const text = document.createElement("span");
            text.textContent = answer?.refused[0]?.text ?? list.dataset.failed;
            line.append(text);
        }
    }
    return kept;
};

document.addEventListener("DOMContentLoaded", () => {
    const written = () => [...document.querySelectorAll("#result_list input[type=text]")]
        .some((field) => field.value !== field.defaultValue);
    let isSaving = false;
    document.getElementById("changelist-form")?.addEventListener("submit", () => {
        isSaving = true;
    });
    if (document.body.classList.contains("change-list")) {
        addEventListener("pageshow", () => {
            isSaving = false;
        });
        addEventListener("beforeunload", (event) => {
            if (!isSaving && (written() || document.querySelector(".errornote"))) {
                event.preventDefault();
            }
        });
    }

    const form = document.querySelector("form.upload");
    if (!form) {
        return;
    }
    const list = form.querySelector(".uploads");
    const input = form.querySelector("input[type=file]");
    const help = form.querySelector(".help");
    help.append(` ${help.dataset.live}`);
    const take = async (files) => {
        const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
        const kept = await sendPictures(form.action, token, files, list, (picture, line) => {
            const link = document.createElement("a");
            link.href = picture.url;
            link.append(...line.childNodes);
            line.append(link);
        });
        input.value = "";
        if (!kept) {
            return;
        }
        if (kept === files.length && !written()) {
            location.assign(location.pathname);
        } else if (!form.querySelector(".show-uploads")) {
            const link = document.createElement("a");
            link.className = "show-uploads";
            link.href = location.pathname;
            link.textContent = list.dataset.reload;
            list.after(link);
        }
    };
    takeDrops(document.documentElement, take);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        take([...input.files]);
    });
    form.querySelector("button").hidden = true;
    input.addEventListener("change", () => take([...input.files]));
});
