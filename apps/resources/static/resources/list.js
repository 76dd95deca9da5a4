// Keeps a list as things are, without losing the reader's place: rows change where they stand, new ones are announced,
// those that are gone stay to be read, and nothing moves until somebody asks for it.

import { Poller } from "./poller.js";

const LOOK_EVERY = 3000;
const MOST_NEWER = 20; // that the server counts of runs

const list = document.querySelector("[data-list]");
const { one, many, ticked } = list.dataset;
const [newer, totals, chosen, pickAll, place] = ["newer", "totals", "chosen", "pick-all", "trouble"].map((name) => list.querySelector(`[data-${name}]`));
const rows = byId();
const isFirst = list.hasAttribute("data-first");
let position = list.dataset.position ?? "";
let known = 0;
let isChanged = false;

// Runs say who they are; the rows of other kinds stand in the order of their ids.
function byId() {
    const found = new Map([...list.querySelectorAll("tr[data-run]")].map((row) => [row.dataset.run, row]));
    const ids = list.dataset.ids?.split(",") ?? [];
    list.querySelectorAll("#result_list tr.data-row").forEach((row, at) => found.set(ids[at], row));
    return found;
}

function address() {
    const query = new URLSearchParams(list.dataset.query);
    const shown = [...rows].filter(([, row]) => !row.dataset.run || row.hasAttribute("data-live"));
    query.set("shown", shown.map(([id]) => id).join(","));
    query.set("newest", list.dataset.newest);
    if (position) query.set("position", position);
    if (isChanged) query.set("totals", "1");
    return `${list.dataset.list}?${query}`;
}

function take(answer) {
    for (const [id, html] of Object.entries(answer.rows ?? {})) renew(rows.get(id), html);
    for (const id of answer.gone ?? []) lose(id);
    const isNews = isFirst && answer.newer !== undefined && answer.newer !== known;
    if (isNews) announce((known = answer.newer));
    if (answer.totals !== undefined) {
        totals.textContent = answer.totals;
        document.title = `${answer.title} · Stigmer`;
        isChanged = false;
    }
    position = answer.position ?? position;
    isChanged ||= isNews;
    return "later";
}

const cellsOf = (row) => [...row.children].filter((cell) => !cell.querySelector("input[type=checkbox]"));

// Cell by cell: what somebody has ticked or stands on stays.
function renew(row, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const made = fresh.content.querySelector("tr");
    if (!row || !made) return;
    const cells = cellsOf(made);
    cellsOf(row).forEach((cell, at) => {
        if (cell.innerHTML !== cells[at].innerHTML && !cell.contains(document.activeElement)) cell.innerHTML = cells[at].innerHTML;
    });
    if (row.hasAttribute("data-live") && !made.hasAttribute("data-live")) {
        row.removeAttribute("data-live");
        isChanged = true;
    }
}

function lose(id) {
    const row = rows.get(id);
    if (!row) return;
    rows.delete(id);
    row.classList.add("is-gone");
    row.title = "Deleted";
    const box = row.querySelector("input[type=checkbox]");
    if (box) [box.checked, box.disabled] = [false, true];
    count();
}

function announce(number) {
    if (!number) return newer.replaceChildren();
    const said = number > MOST_NEWER ? `More than ${MOST_NEWER} new ${many}` : `${number} new ${number === 1 ? one : many}`;
    newer.replaceChildren(Object.assign(document.createElement("a"), { href: `?${list.dataset.query}`, textContent: said }));
}

function count() {
    if (!pickAll) return;
    const boxes = [...list.querySelectorAll(`input[name="${ticked}"]`)];
    const number = boxes.filter((box) => box.checked).length;
    chosen.textContent = number ? `${number} chosen` : "";
    pickAll.checked = number > 0 && number === boxes.length;
    pickAll.indeterminate = number > 0 && number < boxes.length;
}

if (pickAll) {
    pickAll.hidden = false;
    pickAll.addEventListener("change", () => {
        for (const box of list.querySelectorAll(`input[name="${ticked}"]`)) box.checked = pickAll.checked;
        count();
    });
    list.addEventListener("change", (event) => event.target.name === ticked && count());
    count();
}

const trouble = (sentence) => {
    place.textContent = sentence;
    place.hidden = !sentence;
};
new Poller({ address, take, trouble, every: LOOK_EVERY }).ask();
