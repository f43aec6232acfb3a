/* A picture's focal point: by a click on it or by the arrow keys, beside the two fields that hold it.
   The mark and the crops follow whatever the fields say. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const root = document.querySelector(".focus");
    const picture = root?.querySelector(".focus-picture");
    const fields = [document.getElementById("id_focus_x"), document.getElementById("id_focus_y")];
    if (!picture || !fields[0] || !fields[1]) {
        return;
    }
    const [width, height] = [Number(root.dataset.width), Number(root.dataset.height)];
    const inside = (percent) => Math.min(100, Math.max(0, Math.round(percent)));
    const read = () => fields.map((field) => inside(field.value === "" ? 50 : Number(field.value) || 0));
    const show = () => {
        const [x, y] = read();
        for (const circle of root.querySelectorAll(".focus-mark circle")) {
            circle.setAttribute("cx", `${x}%`);
            circle.setAttribute("cy", `${y}%`);
        }
        for (const crop of root.querySelectorAll(".focus-crops svg")) {
            const [across, down] = [Number(crop.dataset.across), Number(crop.dataset.down)];
            const keptWidth = Math.min(width, Math.round((height * across) / down));
            const keptHeight = Math.min(height, Math.round((width * down) / across));
            const left = Math.round(((width - keptWidth) * x) / 100);
            const top = Math.round(((height - keptHeight) * y) / 100);
            crop.setAttribute("viewBox", `${left} ${top} ${keptWidth} ${keptHeight}`);
        }
    };
    const write = (...values) => {
        values.forEach((value, index) => {
            fields[index].value = inside(value);
            fields[index].dispatchEvent(new Event("change", {bubbles: true}));
        });
        show();
    };
    fields.forEach((field) => field.addEventListener("input", show));
    picture.tabIndex = 0;
    picture.setAttribute("role", "button");
    picture.setAttribute("aria-label", picture.dataset.label);
    picture.title = picture.dataset.label;
    picture.classList.add("is-live");
    picture.addEventListener("click", (event) => {
        const box = picture.getBoundingClientRect();
        const [x, y] = [event.clientX - box.left, event.clientY - box.top];
        write((x / box.width) * 100, (y / box.height) * 100);
    });
    const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    picture.addEventListener("keydown", (event) => {
        const step = steps[event.key];
        if (step && !event.altKey && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            const [x, y] = read();
            const size = event.shiftKey ? 10 : 2;
            write(x + step[0] * size, y + step[1] * size);
        }
    });
    show();
});
