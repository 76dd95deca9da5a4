// The conversation of a run: who says what, with the tool calls that a message made.

import { fold, isLong, make, pill, section, valueSection } from "./elements.js";
import { clock, count, duration, span } from "./times.js";

const NAMES = { human: "User", ai: "Agent", tool: "Tool", system: "System" };
const LONGEST_TEXT = 400_000;

export class Messages {
    #messages = new Map(); // by index
    #calls = new Map(); // by id
    usage = { input_tokens: 0, output_tokens: 0 };
    isCaughtUp = false;

    // `whole(change, part)` is the address of a value that a change may have only the beginning of.
    constructor(list, whole) {
        this.list = list;
        this.whole = whole;
    }

    get calls() {
        return this.#calls.size;
    }

    message(change) {
        this.list.hidden = false;
        const item = make("li", `run-message run-${change.who in NAMES ? change.who : "system"}`);
        const head = make("div", "run-who");
        head.append(make("b", "", NAMES[change.who] ?? change.who));
        if (change.model) head.append(make("span", "stigmer-quiet", change.model));
        const time = make("time", "stigmer-quiet", clock(change.at));
        time.dateTime = time.title = change.at;
        const usage = make("span", "stigmer-quiet run-usage");
        head.append(time, usage);
        const body = make("div", "run-text");
        const text = document.createTextNode(change.text);
        body.append(text);
        if (change.html) showMarkup(body, change.html);
        const calls = make("div", "run-calls");
        item.append(head, body, calls);
        // What a tool answered is shown with its call.
        item.hidden = Boolean(change.call) && this.#calls.has(change.call);
        const entry = { item, body, text, calls, usage, spent: {} };
        this.#messages.get(change.index)?.item.remove();
        this.#messages.set(change.index, entry);
        this.list.append(item);
        if (this.isCaughtUp && change.text) fold(body, change.text);
    }

    text(change) {
        const entry = this.#messages.get(change.index);
        if (!entry || entry.text.length > LONGEST_TEXT) return;
        entry.text.appendData(change.text);
        if (entry.body.classList.contains("is-markdown")) showText(entry);
        entry.body.classList.toggle("is-growing", true);
    }

    ended(change) {
        const entry = this.#messages.get(change.index);
        if (!entry) return;
        entry.body.classList.remove("is-growing");
        if (change.html) showMarkup(entry.body, change.html);
        const { input_tokens: read = 0, output_tokens: written = 0, seconds } = change.usage;
        this.#spend(entry, { input_tokens: read, output_tokens: written });
        const parts = read || written ? [`${read.toLocaleString("en")} tokens in, ${written.toLocaleString("en")} out`] : [];
        if (seconds !== undefined) parts.push(span(seconds * 1000));
        entry.usage.textContent = parts.join(" · ");
    }

    // Messages from an index on are taken back, with their calls.
    dropped(change) {
        for (const [index, entry] of this.#messages) {
            if (index < change.index) continue;
            this.#spend(entry, {});
            entry.item.remove();
            this.#messages.delete(index);
            for (const [id, call] of this.#calls) if (call.message === index) this.#calls.delete(id);
        }
    }

    call(change) {
        const known = this.#calls.get(change.id);
        const view = known ?? this.#newCall(change);
        view.change = change;
        pill(view.state, change.state, change.tone);
        view.hint.textContent = change.error ? change.error.split("\n", 1)[0].slice(0, 200) : brief(change.arguments);
        view.hint.classList.toggle("run-bad", Boolean(change.error));
        this.#time(view);
        if (view.details.open) this.#fill(view);
    }

    caughtUp() {
        if (this.isCaughtUp) return;
        this.isCaughtUp = true;
        for (const { body, text } of this.#messages.values()) {
            if (!body.classList.contains("is-growing") && isLong(text.data)) fold(body, text.data);
        }
    }

    stopped() {
        for (const { body } of this.#messages.values()) body.classList.remove("is-growing");
    }

    tick() {
        for (const view of this.#calls.values()) if (view.change.state === "running") this.#time(view);
    }

    summary() {
        const { input_tokens: read, output_tokens: written } = this.usage;
        const parts = [];
        if (read || written) parts.push(`${read.toLocaleString("en")} tokens in, ${written.toLocaleString("en")} out`);
        if (this.#calls.size) parts.push(count(this.#calls.size, "tool call"));
        return parts.join(" · ");
    }

    #newCall(change) {
        this.list.hidden = false;
        const details = make("details", "run-call");
        const summary = make("summary");
        const state = make("span");
        const hint = make("span", "run-hint stigmer-quiet");
        const took = make("span", "stigmer-quiet run-took");
        const name = make("code", "run-name", change.server ? `${change.server} / ${change.name}` : change.name);
        summary.append(name, hint, took, state);
        const inside = make("div", "run-inside");
        details.append(summary, inside);
        const view = { details, state, hint, took, inside, message: change.message };
        // Filled when it is opened: a long run has many, and few are read.
        details.addEventListener("toggle", () => details.open && this.#fill(view));
        this.#calls.set(change.id, view);
        const owner = this.#messages.get(change.message);
        if (owner) {
            owner.calls.append(details);
        } else {
            const item = make("li", "run-message run-tool");
            item.append(details);
            this.list.append(item);
        }
        return view;
    }

    #fill(view) {
        const { inside, change } = view;
        if (view.filled === change) return; // what somebody has unfolded stays so
        view.filled = change;
        inside.replaceChildren(
            ...valueSection("Arguments", change.arguments, this.whole(change, "arguments")),
            ...valueSection("Result", change.result, this.whole(change, "result")),
            ...section("Error", change.error, "run-bad"),
            make("p", "stigmer-quiet stigmer-small", [clock(change.started), clock(change.completed)].filter(Boolean).join(" – ")),
        );
    }

    #time({ took, change }) {
        took.textContent = change.started ? duration(change.started, change.completed) : "";
    }

    #spend(entry, spent) {
        for (const name of ["input_tokens", "output_tokens"]) {
            this.usage[name] += (spent[name] ?? 0) - (entry.spent[name] ?? 0);
        }
        entry.spent = spent;
    }
}

// Made and cleaned by the server (`live/markdown.py`): the one place where something of a run is read as markup.
function showMarkup(body, html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const table of template.content.querySelectorAll("table, pre")) table.tabIndex = 0; // wide ones scroll
    body.replaceChildren(template.content);
    body.classList.add("is-markdown");
}

function showText({ body, text }) {
    body.replaceChildren(text);
    body.classList.remove("is-markdown");
}

function brief(text) {
    const line = text.replace(/\s+/g, " ").trim();
    return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}
