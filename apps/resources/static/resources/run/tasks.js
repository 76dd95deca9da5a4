// The tasks of a workflow's run: each below the one it belongs to, a further attempt below the one before it,
// otherwise in the order in which they began, and those that have not after them.

import { link, make, pill, valueSection } from "./elements.js";
import { clock, count, duration } from "./times.js";

const DEEPEST = 8;

export class Tasks {
    #tasks = new Map(); // by id
    #places = new Map(); // by path, of several attempts the newest: its item, and the last one put below it
    #waiting = new Set(); // items of tasks in no other that have not begun, in declared order
    #started = new Map(); // pages of runs of agents and workflows by the path of the task, one for each attempt

    // `whole(change, part)` is the address of a value that a change may have only the beginning of. `retry` is the form
    // that has the run go on from a task, hidden while it cannot; there may be none.
    constructor(list, whole, retry = null) {
        this.list = list;
        this.whole = whole;
        this.retry = retry;
    }

    task(change) {
        const view = this.#tasks.get(change.id) ?? this.#newTask(change);
        view.change = change;
        if (hasBegun(change) && this.#waiting.delete(view.item)) this.#beforeWaiting(view.item);
        pill(view.state, change.state, change.tone);
        const notes = [change.attempt > 1 && `attempt ${change.attempt}`, change.done_in && `done in try ${change.done_in}`];
        view.kind.textContent = [change.kind, ...notes].filter(Boolean).join(" · ");
        view.error.textContent = change.error;
        view.error.hidden = !change.error;
        this.#time(view);
        this.#agent(view);
        if (view.details.open) this.#fill(view);
    }

    // A run that a task has started, of an agent or a workflow as `noun` says.
    started({ id, path, url }, noun) {
        const known = this.#started.get(path) ?? [];
        known.push({ id, url, noun });
        this.#started.set(path, known);
        for (const view of this.#tasks.values()) if (view.change.path === path) this.#agent(view);
    }

    tick() {
        for (const view of this.#tasks.values()) if (view.change.state === "in progress") this.#time(view);
    }

    summary() {
        const newest = new Map([...this.#tasks.values()].map(({ change }) => [change.path, change.state]));
        const states = [...newest.values()];
        const parts = states.length ? [count(states.length, "task")] : [];
        for (const state of ["in progress", "failed"]) {
            const number = states.filter((each) => each === state).length;
            if (number) parts.push(`${number.toLocaleString("en")} ${state}`);
        }
        return parts.join(" · ");
    }

    #newTask(change) {
        this.list.hidden = false;
        const item = make("li", "run-task");
        item.style.setProperty("--depth", String(depth(change.path)));
        const details = make("details");
        const summary = make("summary");
        const [state, kind, took] = [make("span"), make("span", "stigmer-quiet run-kind"), make("span", "stigmer-quiet run-took")];
        const name = make("span", "run-name", change.name + iteration(change.path) + visit(change.path));
        summary.append(name, kind, took, state);
        const inside = make("div", "run-inside");
        details.append(summary, inside);
        const [error, agent] = [make("p", "run-error"), make("p", "run-agent")];
        error.hidden = agent.hidden = true;
        item.append(details, error, agent);
        item.dataset.path = change.path;
        this.#place(item, change);
        const view = { item, details, state, kind, took, inside, error, agent };
        details.addEventListener("toggle", () => details.open && this.#fill(view));
        this.#tasks.set(change.id, view);
        this.#places.set(change.path, { item, last: item, path: change.path });
        return view;
    }

    // After everything that belongs to the attempt before it or to the nearest task above; without either at the end,
    // or before those that have not begun.
    #place(item, change) {
        const above = this.#places.get(change.path) ?? this.#above(change.path);
        if (!above) {
            if (hasBegun(change)) this.#beforeWaiting(item);
            else this.list.append(item);
            if (!hasBegun(change)) this.#waiting.add(item);
            return;
        }
        const isBelow = (other) => other.dataset.path.startsWith(`${above.path}/`) || other.dataset.path.startsWith(`${above.path}[`);
        // From where the one before it went: a long loop is not walked through anew for each of its tasks.
        let last = above.last;
        while (last.nextElementSibling && isBelow(last.nextElementSibling)) last = last.nextElementSibling;
        last.after(item);
        above.last = item;
    }

    #beforeWaiting(item) {
        const [next] = this.#waiting;
        if (next) next.before(item);
        else this.list.append(item);
    }

    #above(path) {
        for (let end = path.length - 1; end > 0; end -= 1) {
            if (path[end] !== "/" && path[end] !== "[") continue;
            const place = this.#places.get(path.slice(0, end));
            if (place) return place;
        }
        return null;
    }

    #fill(view) {
        const { inside, change } = view;
        if (view.filled === change) return; // what somebody has unfolded stays so
        view.filled = change;
        const times = [clock(change.started), clock(change.completed)].filter(Boolean).join(" – ");
        const parts = [
            ...valueSection("Input", change.input, this.whole(change, "input")),
            ...valueSection("Output", change.output, this.whole(change, "output")),
        ];
        if (!parts.length) parts.push(make("p", "stigmer-quiet", "No input and no output."));
        const place = make("p", "stigmer-quiet stigmer-small");
        place.append(make("code", "", change.path || change.id), ` ${times}`);
        inside.replaceChildren(place, ...parts, ...this.#retryFrom(change));
    }

    // What was done before the task is kept: the path says which of several of its name.
    #retryFrom(change) {
        if (!this.retry || this.retry.hidden || !change.path || !hasBegun(change)) return [];
        const button = make("button", "stigmer-button", "Retry from here");
        button.type = "button";
        button.title = "In a new run: this task and all that came after it are done anew, what was done before is kept.";
        button.addEventListener("click", () => {
            this.retry.elements.task.value = change.path;
            this.retry.requestSubmit();
        });
        return [button];
    }

    #agent(view) {
        const runs = this.#started.get(view.change.path) ?? [];
        const known = runs.find(({ id }) => id === view.change.agent) ?? runs[view.change.attempt - 1];
        if (!known || view.agent.dataset.of === known.id) return;
        view.agent.dataset.of = known.id;
        view.agent.hidden = false;
        view.agent.replaceChildren(`run by the ${known.noun} as `, link(known.id, known.url));
    }

    #time({ took, change }) {
        const isMeasured = change.completed || change.state === "in progress";
        took.textContent = change.started && isMeasured ? duration(change.started, change.completed) : "";
    }
}

// `/loop[3]/try/fetch` is two below `/loop`.
function depth(path) {
    return Math.min(DEEPEST, Math.max(0, path.split("/").length - 2));
}

function hasBegun({ state }) {
    return state !== "pending" && state !== "skipped";
}

// Behind the name of a task to which the run has jumped back: `#2` for the second time.
function visit(path) {
    const found = /#\d+$/.exec(path);
    return found ? ` ${found[0]}` : "";
}

function iteration(path) {
    const found = /\[(\d+)\][^[]*$/.exec(path);
    return found ? ` [${found[1]}]` : "";
}
