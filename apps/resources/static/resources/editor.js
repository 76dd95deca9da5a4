// Line numbers beside a text field with YAML, those of complaints marked. What can stand where one
// writes is offered (`editor/complete.js`). Without scripts it is a text field all the same; Tab leads on from it.

import { complete } from "./editor/complete.js";

const SAID = /^line (\d+)[:,]/;

function number(area) {
    const frame = make("div", "editor");
    const gutter = make("div", "editor-lines");
    gutter.setAttribute("aria-hidden", "true");
    area.before(frame);
    frame.append(gutter, area);
    const complaints = find(area, frame);
    let count = 0;
    const draw = () => {
        const lines = area.value.split("\n").length;
        if (lines !== count) {
            gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => line(at + 1, complaints)));
            count = lines;
        }
        follow();
    };
    const follow = () => (gutter.scrollTop = area.scrollTop);
    area.addEventListener("input", draw);
    area.addEventListener("scroll", follow);
    draw();
    if (area.dataset.completion) complete(area, frame, area.dataset.completion);
}

function line(at, complaints) {
    const element = make("span", complaints.has(at) ? "is-wrong" : "", String(at));
    if (complaints.has(at)) element.title = complaints.get(at).join("\n");
    return element;
}

// What is said about lines near the field, by line; each such sentence becomes a way to its line.
function find(area, frame) {
    const found = new Map();
    const field = frame.closest(".field-spec") ?? frame.parentElement;
    for (const item of field.querySelectorAll("li, p, div")) {
        const said = SAID.exec(item.textContent.trim());
        if (!said || item.querySelector("li, p, div") || item.closest(".editor")) continue;
        const at = Number(said[1]);
        found.set(at, [...(found.get(at) ?? []), item.textContent.trim()]);
        const button = make("button", "editor-way", item.textContent.trim());
        button.type = "button";
        button.addEventListener("click", () => go(area, at));
        item.replaceChildren(button);
    }
    return found;
}

function go(area, at) {
    const lines = area.value.split("\n");
    const begin = lines.slice(0, at - 1).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(begin, begin + (lines[at - 1] ?? "").length);
    area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, at - 4);
}

function make(tag, classes, text = "") {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    element.textContent = text;
    return element;
}

for (const area of document.querySelectorAll("textarea.stigmer-yaml")) number(area);
