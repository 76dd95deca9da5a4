// Elements and text. Whatever comes out of a run is text: nothing here reads markup, and messages.js only what
// the server has made of an answer.

import { jsonView } from "../json/view.js";

const FOLD_CHARACTERS = 2500;
const FOLD_LINES = 30;

export function make(tag, classes = "", text = "") {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
}

export function link(text, address) {
    const anchor = make("a", "stigmer-link", text);
    // Only our own pages: an address never comes from a run, and this makes sure of it.
    if (/^\/(?!\/)/.test(address)) anchor.setAttribute("href", address);
    return anchor;
}

export function pill(element, state, tone) {
    if (element.textContent !== state) element.textContent = state;
    const colour = ["good", "busy", "bad"].includes(tone) ? tone : "idle";
    const classes = `stigmer-state stigmer-state-${colour}`;
    if (element.className !== classes) element.className = classes;
}

export function isLong(text) {
    return text.length > FOLD_CHARACTERS || text.split("\n", FOLD_LINES + 1).length > FOLD_LINES;
}

// Shows only the beginning of a block, with a button for the rest.
export function fold(block, text) {
    if (block.classList.contains("is-folded") || !isLong(text)) return;
    block.classList.add("is-folded");
    const button = make("button", "run-more", `Show all of it (${text.length.toLocaleString("en")} characters)`);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
        const isFolded = block.classList.toggle("is-folded");
        button.setAttribute("aria-expanded", String(!isFolded));
        button.textContent = isFolded ? "Show all of it" : "Show less";
        if (isFolded) block.scrollIntoView({ block: "nearest" });
    });
    block.after(button);
}

// A titled block of code; nothing for no text.
export function section(title, text, classes = "") {
    if (!text) return [];
    const block = make("pre", `stigmer-code ${classes}`.trim(), text);
    block.tabIndex = 0; // long ones scroll, by keyboard, too
    return [make("h4", "", title), block];
}

// A titled value: folded and searched where it is JSON, a block of text otherwise; nothing for none.
export function valueSection(title, text, address) {
    if (!text) return [];
    const view = /^\s*[[{]/.test(text) ? jsonView({ text, address, label: title }) : null;
    if (!view) {
        const [head, block] = section(title, text);
        if (/… [\d,]+ more characters: /.test(text.slice(-120))) head.append(" · ", link("all of it", address));
        return [head, block];
    }
    return [make("h4", "", title), view];
}
