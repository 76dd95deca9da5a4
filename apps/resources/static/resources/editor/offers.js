// What can stand at a place, by the JSON schema of the kind.

const MOST = 60;

// `levels[n]` is what stands beside the name n steps from the end of `path`. Answers [{text, hint, opens}].
export function offersAt({ schema, refers }, place) {
    const { path, levels, isValue, word } = place;
    let node = schema;
    path.forEach((name, at) => {
        node = child(schema, node, name, levels[path.length - at - (isValue ? 1 : 0)] ?? {});
    });
    const found = isValue ? values(schema, node, refers, path) : names(schema, node, place, refers);
    const wanted = word.toLowerCase();
    const fitting = found.filter(({ text }) => text.toLowerCase().includes(wanted) && text !== word);
    return fitting.sort((one, other) => Number(other.text.toLowerCase().startsWith(wanted)) - Number(one.text.toLowerCase().startsWith(wanted))).slice(0, MOST);
}

function whole(schema, node, given = {}) {
    let found = node ?? {};
    for (let steps = 0; found.$ref && steps < 10; steps += 1) {
        const { $ref, ...own } = found;
        found = { ...schema.$defs[$ref.replace("#/$defs/", "")], ...own };
    }
    for (const { if: condition, then } of found.allOf ?? []) {
        const isMet = Object.entries(condition?.properties ?? {}).every(([name, { enum: some, const: one }]) => (some ?? [one]).includes(given[name]));
        if (condition && isMet) found = { ...found, properties: { ...found.properties, ...then?.properties } };
    }
    return found;
}

function child(schema, node, name, given) {
    const found = whole(schema, node, given);
    if (name === "[]") return found.items;
    return found.properties?.[name] ?? (typeof found.additionalProperties === "object" ? found.additionalProperties : undefined);
}

function names(schema, node, { levels, isItem, path }, refers) {
    const given = levels[0];
    const found = whole(schema, node, given);
    if (isItem && !found.properties) return values(schema, node, refers, path);
    return Object.entries(found.properties ?? {})
        .filter(([name]) => !(name in given))
        .map(([name, one]) => {
            const of = whole(schema, one);
            const isRequired = found.required?.includes(name);
            return { text: name, hint: sentence(of.description, isRequired), opens: of.type === "array" ? "list" : of.type === "object" || of.properties ? "map" : "value" };
        });
}

function values(schema, node, refers, path) {
    const found = whole(schema, node);
    const at = path.join(".");
    const names_ = refers.filter(({ path: end }) => at === end || at.endsWith(`.${end}`)).flatMap(({ names: some, kind }) => some.map((text) => ({ text, hint: kind })));
    const some = found.enum ?? (found.const !== undefined ? [found.const] : found.type === "boolean" ? [true, false] : []);
    // Of an enum its short names, unless it has none; the contract's long ones are taken, too.
    const short = some.filter((each) => !some.some((other) => other !== each && String(each).endsWith(`_${other}`)));
    return [...names_, ...short.map((each) => ({ text: String(each), hint: "" }))];
}

function sentence(text = "", isRequired = false) {
    const first = text.split(/(?<=\.)\s/, 1)[0];
    return isRequired && !/required/i.test(first) ? `${first} Required.` : first;
}
