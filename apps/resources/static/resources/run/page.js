// Starts what is on the page: one run, or the turns of a session.

import { Poller } from "../poller.js";
import { RunView } from "./view.js";

const LOOK_FOR_TURNS_EVERY = 2000;
const views = [];

function follow(root) {
    const view = new RunView(root);
    views.push(view);
    return view.start();
}

async function followSession(session) {
    const turns = [...session.querySelectorAll("[data-run]")];
    if (session.dataset.turns) lookForTurns(session, turns.at(-1)?.dataset.id ?? "");
    // One after the other, the newest first: the server has few threads.
    for (const turn of turns.reverse()) await follow(turn);
}

function lookForTurns(session, last) {
    const template = session.querySelector("template");
    const take = ({ turns }) => {
        for (const turn of turns) {
            const root = template.content.firstElementChild.cloneNode(true);
            root.dataset.id = turn.id;
            root.dataset.news = turn.news_url;
            const link = root.querySelector("[data-link]");
            link.textContent = turn.id;
            link.setAttribute("href", turn.url);
            template.before(root);
            session.querySelector("[data-no-turns]").hidden = true;
            last = turn.id;
            follow(root);
        }
        return "later";
    };
    const address = () => `${session.dataset.turns}?${new URLSearchParams({ after: last })}`;
    new Poller({ address, take, trouble: () => {}, every: LOOK_FOR_TURNS_EVERY }).ask();
}

for (const session of document.querySelectorAll("[data-session]")) followSession(session);
for (const run of document.querySelectorAll("[data-run]")) if (!run.closest("[data-session]")) follow(run);
setInterval(() => views.forEach((view) => document.hidden || view.tick()), 1000);
