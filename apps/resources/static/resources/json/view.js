// A document with what can be done with it: search, copy, the whole by itself. Where the page has only the beginning of
// it, the rest is fetched when somebody asks for it. Without this script, what it replaces is text to read.

import { find, MOST_FOUND } from "./find.js";
import { isHolder, parse, sizeOf, write } from "./parse.js";
import { Tree } from "./tree.js";

const SEARCHABLE = 12; // members of it and of theirs
const AFTER_TYPING = 150;

// `text` is JSON or the beginning of it; `address` has the whole. Null for what is neither.
export function jsonView({ text, address, label }) {
    const value = attempt(text);
    if (value === undefined && !address) return null;
    const frame = make("div", "json");
    if (value === undefined) offer(frame, { text, address, label });
    else fill(frame, { value, address, label });
    return frame;
}

// What the server has put on a page: `<div data-json="address"><pre>`, which it is made of and stands in the place of.
export function upgrade(place) {
    const view = jsonView({ text: place.textContent, address: place.dataset.json, label: place.getAttribute("aria-label") ?? "Value" });
    if (view) place.replaceChildren(view);
}

function attempt(text) {
    try {
        return parse(text);
    } catch {
        return undefined;
    }
}

function fill(frame, { value, address, label }) {
    const bar = make("div", "json-bar");
    const path = make("code", "json-path");
    const said = make("span", "stigmer-quiet");
    said.setAttribute("role", "status");
    const tree = new Tree(value, label, (of) => (path.textContent = of.current === of.root ? "" : of.path()));
    if (isLarge(value)) bar.append(...search(tree, value, label, said));
    bar.append(path, said, button("Copy", () => copy(write(tree.current.value), "Copied.", said), `Copy the value in ${label}`));
    if (isHolder(value)) bar.append(button("Copy path", () => copy(tree.path(), "Copied the path.", said), `Copy the path in ${label}`));
    if (address) bar.append(raw(address));
    frame.replaceChildren(bar, tree.element);
}

// Of a large one, its beginning and a way to the rest.
function offer(frame, { text, address, label }) {
    const bar = make("div", "json-bar");
    const said = make("span", "stigmer-quiet");
    said.setAttribute("role", "status");
    const open = button("Open all of it", async () => {
        open.disabled = true;
        said.textContent = "Loading…";
        const whole = await fetched(address);
        const value = whole === null ? undefined : attempt(whole);
        if (value !== undefined) {
            fill(frame, { value, address, label });
            frame.querySelector("[tabindex='0']").focus();
        } else if (whole !== null) {
            block.textContent = whole;
            bar.replaceChildren(raw(address));
        } else {
            open.disabled = false;
            said.textContent = "The server does not answer. Try again.";
        }
    });
    const block = make("pre", "stigmer-code", text);
    block.tabIndex = 0;
    bar.append(open, said, raw(address));
    frame.replaceChildren(bar, block);
}

async function fetched(address) {
    try {
        const answer = await fetch(address, { redirect: "manual" });
        return answer.ok ? await answer.text() : null;
    } catch {
        return null;
    }
}

function search(tree, value, label, said) {
    const field = make("input", "json-search");
    field.type = "search";
    field.placeholder = "Search";
    field.setAttribute("aria-label", `Search in ${label}`);
    let [found, at, timer] = [[], 0, 0];
    const go = (step) => {
        if (!found.length) return;
        at = (at + step + found.length) % found.length;
        tree.reveal(found[at]);
        const count = found.length > MOST_FOUND ? `${MOST_FOUND.toLocaleString("en")}+` : found.length.toLocaleString("en");
        said.textContent = `${at + 1} of ${count}`;
    };
    const look = () => {
        clearTimeout(timer);
        timer = 0;
        found = find(value, field.value);
        at = 0;
        said.textContent = field.value ? "Nothing" : "";
        go(0);
    };
    field.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(look, AFTER_TYPING);
    });
    field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        if (timer) look();
        else go(event.shiftKey ? -1 : 1);
    });
    return [field];
}

function isLarge(value) {
    if (!isHolder(value)) return false;
    const members = Array.isArray(value) ? value : value.values;
    return members.slice(0, SEARCHABLE).reduce((sum, each) => sum + 1 + (isHolder(each) ? sizeOf(each) : 0), 0) >= SEARCHABLE;
}

async function copy(text, done, said) {
    said.textContent = (await toClipboard(text)) ? done : "The browser does not let pages copy here.";
}

async function toClipboard(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Where the page is not on this machine and not encrypted there is no such thing.
        const area = make("textarea", "stigmer-unseen");
        area.value = text;
        document.body.append(area);
        const before = document.activeElement;
        area.select();
        const isDone = document.execCommand("copy");
        area.remove();
        before?.focus();
        return isDone;
    }
}

function raw(address) {
    const link = make("a", "stigmer-link", "Raw");
    link.href = address;
    return link;
}

function button(text, act, label = "") {
    const made = make("button", "json-button", text);
    made.type = "button";
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
}

function make(tag, classes, text = "") {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
}

// What is folded is read when it is opened.
for (const place of document.querySelectorAll("[data-json]")) {
    const around = place.closest("details:not([open])");
    if (around) around.addEventListener("toggle", () => upgrade(place), { once: true });
    else upgrade(place);
}
