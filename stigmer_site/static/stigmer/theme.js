// What the theme leaves out for people who use a keyboard or a screen reader: its icons are words in a font
// of symbols, which would be read out, and some of its buttons are no buttons.

const NAMES = [
    [/^sidebar(Desktop|Mobile)Open/, "Menu"],
    [/^openUserLinks/, "Account"],
    [/^filterOpen = true/, "Filters"],
    [/^filterOpen = false/, "Close the filters"],
    [/^switchTheme\('light'\)/, "Light"],
    [/^switchTheme\('dark'\)/, "Dark"],
    [/^switchTheme\('auto'\)/, "As the system"],
];

function repair(root) {
    for (const icon of root.querySelectorAll(".material-symbols-outlined")) icon.setAttribute("aria-hidden", "true");
    for (const element of root.querySelectorAll("[x-on\\:click]")) if (!isOperable(element)) makeButton(element);
    root.querySelector("#searchbar-submit")?.setAttribute("aria-label", "Search");
    for (const input of root.querySelectorAll("input[placeholder]:not([aria-label])")) {
        if (!input.labels.length) input.setAttribute("aria-label", input.placeholder);
    }
}

function isOperable(element) {
    return element.matches("button, input, select, summary, a[href], [tabindex]") || element.querySelector("button, a[href], input");
}

function makeButton(element) {
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    element.removeAttribute("aria-hidden");
    const action = element.getAttribute("x-on:click");
    for (const [pattern, name] of NAMES) if (pattern.test(action)) element.setAttribute("aria-label", name);
    element.addEventListener("keydown", (event) => {
        if (event.target !== element || !["Enter", " "].includes(event.key)) return;
        event.preventDefault();
        element.click();
    });
}

document.addEventListener("DOMContentLoaded", () => repair(document));
document.addEventListener("htmx:afterSwap", (event) => repair(event.target));

// A menu goes away by Escape and by a click elsewhere.
document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".stigmer-menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
    }
});
document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".stigmer-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Exact moments come in UTC, and are told in the zone of whoever looks.
document.addEventListener("DOMContentLoaded", () => {
    for (const time of document.querySelectorAll("time[data-exact]")) time.textContent = new Date(time.dateTime).toLocaleString("sv");
});

// Moments are told in UTC; whoever points at one is told it in their own zone.
document.addEventListener("mouseover", ({ target }) => {
    const time = target.closest?.("time[datetime]");
    if (!time || time.dataset.utc) return;
    time.dataset.utc = time.title;
    time.title = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
    time.addEventListener("mouseleave", () => {
        time.title = time.dataset.utc;
        delete time.dataset.utc;
    }, { once: true });
});
