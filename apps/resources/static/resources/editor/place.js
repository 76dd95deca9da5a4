// Where in a document of YAML the caret stands, by its lines: what leads there, and what has been written beside it.

import { flowAt } from "./flow.js";

const KEY = /^(\s*(?:- +)*)([\w.-]*)$/;
const VALUE = /^(\s*(?:- +)*)(?:([\w.-]+):[ ]+)?(["']?)([^\s"']*)$/;
const LINE = /^(\s*(?:- +)*)(?:(["']?)([^\s"':][^"':]*)\2:(?:\s+(.*))?)?/;

// `path` are names, and "[]" for each list; `given` are the plain values beside it; `word` is what is being written,
// `column` where it begins. `isValue` where it stands behind the name of something, `isItem` as an item of a list, `isFlow`
// within braces or brackets.
export function placeOf(text, caret) {
    const before = text.slice(0, caret).split("\n");
    const line = before.at(-1);
    if (line.trimStart().startsWith("#")) return null;
    const above = before.slice(0, -1);
    const below = text.slice(caret).split("\n").slice(1);
    const flow = flowAt(text.slice(0, caret), text.slice(caret));
    if (flow) return within(flow, containers(flow.lead, before.slice(0, flow.line), below), line);
    const value = VALUE.exec(line);
    const key = KEY.exec(line);
    if (value?.[2] !== undefined) {
        const place = containers(value[1], above, below);
        return { ...place, path: [...place.path, value[2]], isValue: true, word: value[4], column: line.length - value[4].length };
    }
    if (!key) return null;
    const place = containers(key[1], above, below);
    return { ...place, isValue: false, isItem: /- +$/.test(key[1]), word: key[2], column: line.length - key[2].length };
}

// What is open in braces and brackets, the outermost first, goes on where the block that they begin in has led.
function within({ frames, name, word }, { path, levels }, line) {
    const enter = (part) => {
        path.push(part);
        levels.unshift({});
    };
    if (name !== undefined) enter(name);
    frames.forEach(({ isList, key, given }, at) => {
        if (!isList) levels[0] = given;
        if (isList) enter("[]");
        else if (at < frames.length - 1) enter(key);
    });
    const { isList, key } = frames.at(-1);
    if (!isList && key !== null) path.push(key);
    return { path, levels, isFlow: true, isValue: !isList && key !== null, isItem: isList, word, column: line.length - word.length };
}

function containers(lead, above, below) {
    const path = [];
    const levels = [{}]; // plain values beside the name at each level, the innermost first
    let need = lead.length;
    let isItem = false;
    const dashes = (prefix) => {
        for (let at = prefix.lastIndexOf("-"); at >= 0; at = at ? prefix.lastIndexOf("-", at - 1) : -1) {
            path.unshift("[]");
            levels.push({});
            need = at;
            isItem = true;
        }
    };
    dashes(lead);
    for (const written of [...above].reverse()) {
        if (!written.trim() || written.trimStart().startsWith("#")) continue;
        const [, prefix, , name, value = ""] = LINE.exec(written);
        if (name === undefined) continue;
        const column = prefix.length;
        const isParent = isItem ? column <= need : column < need;
        if (!isParent) {
            if (column === need && !isItem) {
                note(levels, name, value);
                dashes(prefix);
            }
            continue;
        }
        path.unshift(name);
        levels.push({});
        need = column;
        isItem = false;
        dashes(prefix);
    }
    // What is written further down beside it.
    for (const written of below) {
        const [, prefix, , name, value = ""] = LINE.exec(written);
        if (!written.trim()) continue;
        if (prefix.length < lead.length || prefix.includes("-")) break;
        if (prefix.length === lead.length && name !== undefined) levels[0][name] ??= plain(value);
    }
    return { path, levels };
}

function note(levels, name, value) {
    levels.at(-1)[name] ??= plain(value);
}

function plain(value) {
    return value.replace(/\s+#.*$/, "").replace(/^(["'])(.*)\1$/, "$2").trim();
}
