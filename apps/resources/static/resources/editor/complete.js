// Completion in a text field with YAML: names and values of the schema, and slugs of what is stored. It shows while a word
// is written and on Ctrl+Space; arrows choose, Enter takes what is chosen, Escape closes. Tab leads on, as everywhere.

import { offersAt } from "./offers.js";
import { placeOf } from "./place.js";

let serial = 0;

export function complete(area, frame, address) {
    new Completion(area, frame, address);
}

class Completion {
    #known = null; // what the server says, once
    #offers = [];
    #at = -1;
    #place = null;

    constructor(area, frame, address) {
        Object.assign(this, { area, frame, address });
        this.list = make("ul", "editor-offers");
        this.list.id = `editor-offers-${(serial += 1)}`;
        this.list.setAttribute("role", "listbox");
        this.list.setAttribute("aria-label", "What can stand here");
        this.list.hidden = true;
        this.said = make("span", "stigmer-unseen");
        this.said.setAttribute("role", "status");
        this.ruler = make("span", "editor-ruler", "0".repeat(100));
        frame.append(this.list, this.said, this.ruler);
        area.setAttribute("aria-autocomplete", "list");
        area.setAttribute("aria-controls", this.list.id);
        area.addEventListener("input", (event) => this.#typed(event));
        area.addEventListener("keydown", (event) => this.#key(event));
        area.addEventListener("blur", () => this.#close());
        area.addEventListener("scroll", () => this.#close());
        area.addEventListener("click", () => this.#close());
        this.list.addEventListener("mousedown", (event) => this.#picked(event));
    }

    async #typed(event) {
        if (event.inputType !== "insertText" && event.inputType !== "deleteContentBackward") return this.#close();
        const place = placeOf(this.area.value, this.area.selectionStart);
        if (!place?.word) return this.#close();
        await this.#open(false);
    }

    async #open(isAsked) {
        const { area } = this;
        const [text, caret] = [area.value, area.selectionStart];
        this.#known ??= this.#fetch();
        const known = await this.#known;
        if (!known) return (this.#known = null);
        if (area.value !== text || area.selectionStart !== caret || document.activeElement !== area) return; // too late
        this.#place = placeOf(text, caret);
        this.#offers = this.#place ? offersAt(known, this.#place) : [];
        this.#show(isAsked);
    }

    async #fetch() {
        try {
            const answer = await fetch(this.address, { redirect: "manual" });
            return answer.ok ? await answer.json() : null;
        } catch {
            return null;
        }
    }

    #show(isAsked) {
        if (!this.#offers.length) {
            this.#close();
            if (isAsked) this.said.textContent = "Nothing known can stand here.";
            return;
        }
        this.list.replaceChildren(...this.#offers.map((offer, at) => this.#option(offer, at)));
        this.list.hidden = false;
        this.said.textContent = `${this.#offers.length} can stand here`;
        this.#put();
        this.#choose(isAsked ? 0 : -1);
    }

    #option({ text, hint }, at) {
        const option = make("li");
        option.id = `${this.list.id}-${at}`;
        option.setAttribute("role", "option");
        option.append(make("b", "", text), make("span", "", hint));
        return option;
    }

    // Below the line of the caret, at the beginning of the word, within the frame.
    #put() {
        const { area, list } = this;
        const style = getComputedStyle(area);
        const height = parseFloat(style.lineHeight);
        const line = area.value.slice(0, area.selectionStart).split("\n").length;
        const letter = this.ruler.getBoundingClientRect().width / 100;
        const left = area.offsetLeft + parseFloat(style.paddingLeft) + this.#place.column * letter - area.scrollLeft;
        list.style.top = `${area.offsetTop + parseFloat(style.paddingTop) + line * height - area.scrollTop + 2}px`;
        list.style.left = `${Math.max(0, Math.min(left, this.frame.clientWidth - list.offsetWidth))}px`;
    }

    #choose(at) {
        this.list.children[this.#at]?.removeAttribute("aria-selected");
        this.#at = at;
        const option = this.list.children[at];
        option?.setAttribute("aria-selected", "true");
        option?.scrollIntoView({ block: "nearest" });
        if (option) this.area.setAttribute("aria-activedescendant", option.id);
        else this.area.removeAttribute("aria-activedescendant");
    }

    #key(event) {
        if (event.key === " " && event.ctrlKey) {
            event.preventDefault();
            this.#open(true);
        } else if (!this.list.hidden && event.key in { ArrowDown: 1, ArrowUp: 1 }) {
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            const count = this.#offers.length;
            this.#choose(this.#at < 0 && step < 0 ? count - 1 : (this.#at + step + count) % count);
        } else if (!this.list.hidden && event.key === "Enter" && this.#at >= 0) {
            event.preventDefault();
            this.#take(this.#offers[this.#at]);
        } else if (!this.list.hidden && event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            this.#close();
        } else if (event.key in { ArrowLeft: 1, ArrowRight: 1, Home: 1, End: 1, Enter: 1 }) {
            this.#close();
        }
    }

    #picked(event) {
        event.preventDefault(); // the field keeps the focus
        const option = event.target.closest("li");
        if (option) this.#take(this.#offers[[...this.list.children].indexOf(option)]);
    }

    // As if it had been typed, so that it can be undone as such.
    #take({ text, opens }) {
        const { area } = this;
        const { word, column, isValue, isFlow } = this.#place;
        const end = area.selectionStart;
        const behind = area.value.slice(end).split("\n", 1)[0];
        const indent = " ".repeat(column);
        const isName = opens && !isValue && !behind.trimStart().startsWith(":");
        const inFlow = { value: `${text}: `, map: `${text}: {}`, list: `${text}: []` };
        const inBlock = { value: `${text}: `, map: `${text}:\n${indent}  `, list: `${text}:\n${indent}  - ` };
        const written = isName ? (isFlow ? inFlow : inBlock)[opens] : text;
        area.setSelectionRange(end - word.length, end);
        document.execCommand("insertText", false, written);
        if (/[}\]]$/.test(written)) area.setSelectionRange(area.selectionEnd - 1, area.selectionEnd - 1);
        this.#close();
    }

    #close() {
        this.list.hidden = true;
        this.#at = -1;
        this.area.removeAttribute("aria-activedescendant");
    }
}

function make(tag, classes = "", text = "") {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
}
