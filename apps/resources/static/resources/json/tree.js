// A document as rows that fold: only what is open is on the page, so a large one costs what is looked at.
// Values are text, always; what is no letter but steers how letters are shown is written as its code.

import { Entries, isHolder, keyOf, memberOf, pathOf, scalar, sizeOf } from "./parse.js";

const AT_ONCE = 100; // members of one holder in a row of their own; of more, ranges fold
const FIRST_ROWS = 40;
const MORE_ROWS = 400;
const DEEPEST_INDENT = 12;
const BRIEF = 80;
const MOST_HOLDERS = 3; // that the brief of a folded row tells
const LONG = 200;
const LONGEST = 200_000;
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export class Tree {
    // `chosen(row)` is called when another row becomes the one that is stood on.
    constructor(value, label, chosen) {
        this.chosen = chosen;
        this.element = make("div", "json-tree");
        this.element.setAttribute("role", "tree");
        this.element.setAttribute("aria-label", label);
        this.root = this.#row({ value, key: null, level: 1, place: 1, among: 1 });
        this.element.append(this.root.element);
        this.#stand(this.root, false);
        this.element.addEventListener("click", (event) => this.#clicked(event));
        this.element.addEventListener("keydown", (event) => this.#typed(event));
        this.unfold(this.root, FIRST_ROWS);
    }

    // Level by level, as long as no more than `most` rows come of it.
    unfold(row, most = MORE_ROWS) {
        let left = most;
        let level = [row];
        while (level.length) {
            const next = [];
            for (const each of level) {
                if (!each.isOpen) {
                    if (!isFolded(each) || each.isText || countOf(each) > left) continue;
                    left -= countOf(each);
                    this.open(each);
                }
                next.push(...(each.children ?? []));
            }
            level = next;
        }
    }

    open(row) {
        if (row.isOpen || !isFolded(row)) return;
        row.isOpen = true;
        if (!row.isText) {
            row.children = [...childrenOf(row)].map((child) => this.#row(child));
            const fragment = document.createDocumentFragment();
            fragment.append(...row.children.map(({ element }) => element));
            row.element.after(fragment);
        }
        show(row);
    }

    fold(row) {
        if (!row.isOpen) return;
        for (let next = row.element.nextElementSibling; !row.isText && next && next.row.level > row.level; ) {
            const gone = next;
            next = next.nextElementSibling;
            if (gone.row === this.current) this.#stand(row);
            gone.remove();
        }
        row.isOpen = false;
        row.children = null;
        show(row);
    }

    // Opens whatever stands above the member that the indexes lead to, and stands on it.
    reveal(indexes) {
        let row = this.root;
        for (const index of indexes) {
            this.open(row);
            while (row.children[0]?.range) {
                row = row.children.find(({ range }) => index >= range[0] && index < range[1]);
                this.open(row);
            }
            row = row.children[index - (row.range?.[0] ?? 0)];
        }
        this.#stand(row, false);
        row.element.scrollIntoView({ block: "nearest" });
    }

    path(row = this.current) {
        const keys = [];
        for (let at = row; at.above; at = at.above) if (!at.range) keys.unshift(at.key);
        return pathOf(keys);
    }

    #row(node) {
        const row = { ...node, isOpen: false, children: null };
        row.isText = !row.range && typeof row.value === "string" && isLong(row.value);
        row.element = make("div", "json-row");
        row.element.row = row;
        row.element.tabIndex = -1;
        row.element.setAttribute("role", "treeitem");
        row.element.setAttribute("aria-level", row.level);
        row.element.setAttribute("aria-posinset", row.place);
        row.element.setAttribute("aria-setsize", row.among);
        row.element.style.setProperty("--depth", Math.min(row.level - 1, DEEPEST_INDENT));
        show(row);
        return row;
    }

    #stand(row, hasFocus = this.element.contains(document.activeElement)) {
        if (this.current) this.current.element.tabIndex = -1;
        this.current?.element.removeAttribute("aria-selected");
        this.current = row;
        row.element.tabIndex = 0;
        row.element.setAttribute("aria-selected", "true");
        if (hasFocus) row.element.focus();
        this.chosen(this);
    }

    #clicked(event) {
        const element = event.target.closest(".json-row");
        if (!element || !document.getSelection().isCollapsed) return;
        const { row } = element;
        this.#stand(row, true);
        if (row.isOpen && !(row.isText && event.target.closest(".json-text"))) this.fold(row);
        else this.open(row);
    }

    #typed(event) {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const { current } = this;
        const moves = {
            ArrowDown: () => current.element.nextElementSibling?.row,
            ArrowUp: () => current.element.previousElementSibling?.row,
            ArrowRight: () => (current.isOpen ? current.children?.[0] : this.open(current)),
            ArrowLeft: () => (current.isOpen ? this.fold(current) : current.above),
            Home: () => this.root,
            End: () => this.element.lastElementChild.row,
            Enter: () => (current.isOpen ? this.fold(current) : this.open(current)),
            " ": () => (current.isOpen ? this.fold(current) : this.open(current)),
            "*": () => this.unfold(current),
        };
        if (!(event.key in moves)) return;
        event.preventDefault();
        const next = moves[event.key]();
        if (next) this.#stand(next, true);
    }
}

// The members of a holder, or where there are many, ranges of them: a hundred at most, however many there are.
function* childrenOf(row) {
    const { value } = row;
    const [from, to] = row.range ?? [0, sizeOf(value)];
    const level = row.level + 1;
    let step = 1;
    while ((to - from) / step > AT_ONCE) step *= AT_ONCE;
    const among = Math.ceil((to - from) / step);
    for (let at = from, place = 1; at < to; at += step, place += 1) {
        const common = { above: row, level, place, among };
        if (step === 1) yield { ...common, value: memberOf(value, at), key: keyOf(value, at) };
        else yield { ...common, value, key: null, range: [at, Math.min(at + step, to)] };
    }
}

function countOf(row) {
    const [from, to] = row.range ?? [0, sizeOf(row.value)];
    return Math.min(AT_ONCE, to - from);
}

function isFolded(row) {
    return Boolean(row.isText || row.range || (isHolder(row.value) && sizeOf(row.value)));
}

function isLong(text) {
    return text.length > LONG || text.includes("\n");
}

function show(row) {
    const { element } = row;
    const parts = [];
    if (isFolded(row)) element.setAttribute("aria-expanded", String(row.isOpen));
    if (row.level - 1 > DEEPEST_INDENT) parts.push(make("span", "json-level", String(row.level - 1)));
    if (row.range) {
        parts.push(make("span", "hl-sign", `${row.range[0].toLocaleString("en")} … ${(row.range[1] - 1).toLocaleString("en")}`));
    } else {
        if (row.key !== null) parts.push(make("span", typeof row.key === "number" ? "hl-sign" : "hl-name", visible(String(row.key))), make("span", "hl-sign", ": "));
        parts.push(...shown(row));
    }
    element.replaceChildren(...parts);
}

function shown(row) {
    const { value } = row;
    if (isHolder(value)) {
        const [begin, end] = value instanceof Entries ? "{}" : "[]";
        if (!sizeOf(value)) return [make("span", "hl-sign", begin + end)];
        const noun = value instanceof Entries ? "field" : "item";
        const count = `${sizeOf(value).toLocaleString("en")} ${noun}${sizeOf(value) === 1 ? "" : "s"}`;
        if (row.isOpen) return [make("span", "json-count", count)];
        return [make("span", "json-brief", brief(value)), make("span", "json-count", count)];
    }
    if (typeof value !== "string") return [make("span", "hl-value", scalar(value))];
    if (row.isText && row.isOpen) return [make("span", "json-text", visible(value.slice(0, LONGEST))), ...rest(value, LONGEST)];
    if (row.isText) return [make("span", "", visible(JSON.stringify(value.slice(0, LONG)))), ...rest(value, LONG)];
    return [make("span", "", visible(JSON.stringify(value)))];
}

function rest(text, shownOfIt) {
    return text.length > shownOfIt ? [make("span", "json-count", `${text.length.toLocaleString("en")} characters`)] : [];
}

// The beginning of what a folded row holds.
function brief(value) {
    let line = "";
    let index = 0;
    for (let holders = 0; index < sizeOf(value) && line.length < BRIEF && holders < MOST_HOLDERS; index += 1) {
        const member = memberOf(value, index);
        if (isHolder(member)) holders += 1;
        const said = isHolder(member) ? (member instanceof Entries ? "{…}" : "[…]") : scalar(typeof member === "string" ? member.slice(0, BRIEF) : member);
        line += (index ? ", " : "") + (value instanceof Entries ? `${keyOf(value, index).slice(0, BRIEF)}: ` : "") + said;
    }
    if (line.length > BRIEF) line = `${line.slice(0, BRIEF)}…`;
    else if (index < sizeOf(value)) line += ", …";
    return visible(value instanceof Entries ? `{${line}}` : `[${line}]`);
}

function visible(text) {
    return text.replace(STEERING, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function make(tag, classes, text = "") {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
}
