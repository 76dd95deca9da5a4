// Where some words stand in a document: names and plain values, capitals or not.

import { Digits, Entries, isHolder, memberOf, sizeOf } from "./parse.js";

export const MOST_FOUND = 1000;

// Lists of indexes, each leading from the top to a match; one more than MOST_FOUND stands for more.
export function find(root, words) {
    const wanted = words.toLowerCase();
    const found = [];
    if (!wanted) return found;
    if (!isHolder(root)) return says(root, wanted) ? [[]] : found;
    const open = [[root, 0]];
    while (open.length && found.length <= MOST_FOUND) {
        const frame = open.at(-1);
        const [holder, index] = frame;
        if (index === sizeOf(holder)) {
            open.pop();
            continue;
        }
        frame[1] += 1;
        const member = memberOf(holder, index);
        const isNamed = holder instanceof Entries && holder.keys[index].toLowerCase().includes(wanted);
        if (isNamed || (!isHolder(member) && says(member, wanted))) found.push(open.map(([, next]) => next - 1));
        if (isHolder(member)) open.push([member, 0]);
    }
    return found;
}

function says(value, wanted) {
    const text = value instanceof Digits ? value.text : String(value);
    return text.length >= wanted.length && text.toLowerCase().includes(wanted);
}
