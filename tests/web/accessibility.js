// What a page lacks for people who use a keyboard, a screen reader or weak eyes; one sentence each.
() => {
    const missing = [];
    const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 0;
    const short = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);

    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (isShown(field) && !field.labels.length && !field.hasAttribute("aria-label")) missing.push(`no label: ${short(field)}`);
    }
    for (const element of document.querySelectorAll("[x-on\\:click]")) {
        const reachable = "button, input, select, summary, a[href], [tabindex='0']";
        if (isShown(element) && !element.matches(reachable) && !element.querySelector(reachable)) missing.push(`no keyboard: ${short(element)}`);
    }
    for (const element of document.querySelectorAll("button, a[href], [role=button]")) {
        const copy = element.cloneNode(true);
        copy.querySelectorAll("[aria-hidden=true]").forEach((part) => part.remove());
        const image = copy.querySelector("img")?.alt ?? "";
        if (isShown(element) && !(element.ariaLabel || element.title || image || copy.textContent.trim())) missing.push(`no name: ${short(element)}`);
    }
    for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden=true]):not([role=button])")) {
        missing.push(`read out: ${short(icon)}`);
    }

    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const mixed = (...colours) => {
        context.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
        }
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (colour) => {
        const [red, green, blue] = colour.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            layers.unshift(getComputedStyle(at).backgroundColor);
            if (mixed(layers[0])[3] === 255) return layers;
        }
        return ["white", ...layers];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.textContent.trim();
        if (!text || !isShown(element) || element.closest(".material-symbols-outlined, [disabled], script, noscript")) continue;
        const layers = behind(element);
        const [one, other] = [luminance(mixed(...layers)), luminance(mixed(...layers, getComputedStyle(element).color))].sort();
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (ratio < 4.5) missing.push(`contrast ${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
    }
    return missing;
}
