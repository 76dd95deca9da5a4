// Keeps the home page as things are.

import { Poller } from "../resources/poller.js";

const LOOK_EVERY = 3000;

const overview = document.querySelector("[data-overview]");
const place = document.querySelector("[data-trouble]");

function take({ html }) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    // What somebody has opened stays open; it makes no difference otherwise.
    for (const details of overview.querySelectorAll("details[data-key][open]")) {
        fresh.content.querySelector(`details[data-key="${details.dataset.key}"]`)?.setAttribute("open", "");
    }
    const isNews = fresh.innerHTML.trim() !== overview.innerHTML.trim();
    if (isNews && !isUsed()) {
        overview.replaceChildren(fresh.content);
        document.title = `${overview.querySelector("[data-title]").dataset.title} · Stigmer`;
    }
    return "later";
}

// Nobody loses the link they are on, or the text they have marked.
function isUsed() {
    return overview.contains(document.activeElement) || !document.getSelection().isCollapsed;
}

function trouble(sentence) {
    place.textContent = sentence;
    place.hidden = !sentence;
}

new Poller({ address: () => overview.dataset.overview, take, trouble, every: LOOK_EVERY }).ask();
