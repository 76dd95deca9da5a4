// One run on a page: fetches what is new, shows it, stops when the run has ended.

import { jsonView } from "../json/view.js";
import { make, pill } from "./elements.js";
import { Messages } from "./messages.js";
import { Poller } from "../poller.js";
import { Tasks } from "./tasks.js";
import { clock, duration, zoned } from "./times.js";

const COST_EVERY = 5000; // the server reads all answers of the run for it

export class RunView {
    // What shows each type of change: `admin/live/changes.py` makes them, a test compares the two.
    static #SHOW = {
        phase: (view, change) => view.#phase(change),
        message: (view, change) => view.messages.message(change),
        text: (view, change) => view.messages.text(change),
        ended: (view, change) => view.messages.ended(change),
        dropped: (view, change) => view.messages.dropped(change),
        call: (view, change) => view.messages.call(change),
        task: (view, change) => view.tasks?.task(change),
        waiting: (view, change) => view.#wait(change),
        signal: (view, change) => view.#signal(change),
        output: (view, change) => view.#output(change),
    };

    #last = 0;
    #waiting = ""; // what it waits for, while it is in progress
    #signals = new Map(); // the line of each, by its number
    #lastAgent = "";
    #lastWorkflow = "";
    #costAskedAt = -Infinity; // a time of performance.now()
    #times = {}; // when it was: pending, in progress, ended
    #isEnded = false;
    #isCancelling = false;

    constructor(root) {
        this.root = root;
        const whole = (change, part) => this.#whole(change, part);
        this.messages = new Messages(this.#part("messages"), whole);
        this.tasks = this.#part("tasks") ? new Tasks(this.#part("tasks"), whole, this.#part("retry")) : null;
        this.caughtUp = new Promise((resolve) => (this.setCaughtUp = resolve));
        this.poller = new Poller({
            address: () => this.#address(),
            take: (answer) => this.#take(answer),
            trouble: (sentence) => this.#trouble(sentence),
        });
    }

    start() {
        this.poller.ask();
        return this.caughtUp;
    }

    tick() {
        if (this.#isEnded) return;
        this.#showTimes();
        this.messages.tick();
        this.tasks?.tick();
    }

    #part(name) {
        return this.root.querySelector(`[data-${name}]`);
    }

    // Where a value is that changes may have only the beginning of.
    #whole({ event, place }, part) {
        return `${this.root.dataset.news.replace(/news\/$/, "value/")}?${new URLSearchParams({ event, place, part })}`;
    }

    #address() {
        const query = new URLSearchParams({ after: String(this.#last) });
        if (this.#lastAgent) query.set("agents", this.#lastAgent);
        if (this.#lastWorkflow) query.set("workflows", this.#lastWorkflow);
        if (performance.now() - this.#costAskedAt > COST_EVERY) {
            this.#costAskedAt = performance.now();
            query.set("cost", "");
        }
        return `${this.root.dataset.news}?${query}`;
    }

    #take(answer) {
        const wasAtEnd = this.messages.isCaughtUp && this.#isEndInSight();
        this.#isCancelling = answer.is_cancelling;
        for (const change of answer.changes) this.#apply(change);
        for (const agent of answer.agents ?? []) {
            this.#lastAgent = agent.id;
            this.tasks?.started(agent, "agent");
        }
        for (const workflow of answer.workflows ?? []) {
            this.#lastWorkflow = workflow.id;
            this.tasks?.started(workflow, "workflow");
        }
        this.#last = answer.last;
        if (answer.cost?.said) this.#showCost(answer.cost);
        this.#showState();
        if (answer.more) return "more";
        this.messages.caughtUp();
        this.setCaughtUp();
        if (answer.changes.length && wasAtEnd) this.root.lastElementChild.scrollIntoView({ block: "nearest" });
        return this.#isEnded ? "done" : "later";
    }

    #apply(change) {
        this.#part("empty")?.setAttribute("hidden", "");
        RunView.#SHOW[change.type]?.(this, change);
    }

    #phase(change) {
        this.phase = change;
        this.#times[change.is_last ? "ended" : change.state] = change.at;
        const error = this.#part("error");
        error.textContent = change.error;
        error.hidden = !change.error;
        if (!change.is_last) return;
        this.#isEnded = true;
        this.messages.stopped();
        for (const name of ["cancel", "terminate", "pause", "resume", "signal"]) this.#part(name)?.remove();
        const retry = this.#part("retry");
        if (retry) retry.hidden = change.state !== "failed";
    }

    #wait(change) {
        this.#waiting = change.state;
        const [pause, resume] = [this.#part("pause"), this.#part("resume")];
        if (pause && resume) [pause.hidden, resume.hidden] = [Boolean(change.state), !change.state];
        this.#part("phase").title = change.reason;
    }

    // The latest of each signal, in the order in which they came.
    #signal(change) {
        const place = this.#part("signals");
        if (!place) return;
        place.hidden = false;
        const said = {
            kept: `sent${change.sender ? ` by ${change.sender}` : ""}, waits for a task`,
            taken: `taken by ${change.task}`,
            unused: change.count > 1 ? `${change.count} of them were not used` : "was not used",
        };
        let line = this.#signals.get(change.number);
        if (!line) {
            line = place.appendChild(make("li", "run-signal"));
            this.#signals.set(change.number, line);
        }
        line.replaceChildren(make("strong", "", change.name), ` ${said[change.state] ?? change.state}, ${clock(change.at)}`);
    }

    #output(change) {
        const place = this.#part("output");
        // The page came with what was answered by then.
        if (!place || !change.text || Number(place.dataset.event) >= change.event) return;
        place.dataset.event = change.event;
        place.replaceChildren(make("h3", "", "Output"), jsonView({ text: change.text, address: this.#whole(change, "output"), label: "Output" }));
        place.hidden = false;
    }

    #showState() {
        const isCancelling = this.#isCancelling && !this.#isEnded;
        const waiting = this.#isEnded ? "" : this.#waiting;
        const state = isCancelling ? "cancelling" : waiting || this.phase?.state;
        if (this.phase) pill(this.#part("phase"), state, waiting ? "idle" : this.phase.tone);
        if (this.phase && this.root.dataset.title) document.title = `${state}: ${this.root.dataset.title} · Stigmer`;
        this.root.classList.toggle("is-live", !this.#isEnded);
        const button = this.#part("cancel")?.querySelector("button");
        if (button) button.disabled = isCancelling;
        this.#part("totals").textContent = [this.messages.summary(), this.tasks?.summary()].filter(Boolean).join(" · ");
        this.#showTimes();
    }

    // As `stigmer executions show` says it; the sentence behind it on hover.
    #showCost({ said, why }) {
        Object.assign(this.#part("cost"), { textContent: said, title: why });
    }

    #showTimes() {
        const { pending, "in progress": begun, ended } = this.#times;
        const parts = [];
        if (begun) parts.push(`started ${clock(begun)}`, `${ended ? "took" : "for"} ${duration(begun, ended)}`);
        else if (pending) parts.push(`created ${clock(pending)}`, ...(ended ? [] : ["waiting for a runner"]));
        const place = this.#part("times");
        place.textContent = parts.join(", ");
        place.title = [begun ?? pending, ended].filter(Boolean).map(zoned).join(" – ");
    }

    #trouble(sentence) {
        const place = this.#part("trouble");
        place.textContent = sentence;
        place.hidden = !sentence;
        if (sentence) this.setCaughtUp();
    }

    #isEndInSight() {
        const { bottom } = this.root.getBoundingClientRect();
        return bottom > 0 && bottom <= window.innerHeight + 40;
    }
}
