// JSON as it is written: names in their order, numbers digit for digit, as deep as it comes: nothing here calls itself.

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = { t: ["true", true], f: ["false", false], n: ["null", null] };

// An object: what it holds stands at the same places of both lists.
export class Entries {
    keys = [];
    values = [];
}

// A number that this language would round.
export class Digits {
    constructor(text) {
        this.text = text;
    }
}

export const isHolder = (value) => value instanceof Entries || Array.isArray(value);
export const sizeOf = (value) => (value instanceof Entries ? value.values.length : value.length);
export const memberOf = (value, index) => (value instanceof Entries ? value.values[index] : value[index]);
export const keyOf = (value, index) => (value instanceof Entries ? value.keys[index] : index);

// Throws SyntaxError for what is no JSON, or only the beginning of some.
export function parse(text) {
    const reader = new Reader(text);
    const open = [];
    let holder = null; // what is being filled
    for (;;) {
        let value = reader.begin(holder);
        if (value === Reader.END) {
            value = holder;
            holder = open.pop();
            if (holder === undefined) throw new SyntaxError("it ends too early");
        } else if (isHolder(value)) {
            if (holder) put(holder, value);
            open.push(holder);
            holder = value;
            reader.isFirst = true;
            continue;
        } else if (holder) {
            put(holder, value);
        }
        reader.isFirst = false;
        if (holder === null) return reader.atEnd(value);
    }
}

function put(holder, value) {
    (holder instanceof Entries ? holder.values : holder).push(value);
}

class Reader {
    static END = Symbol("end");
    at = 0;
    isFirst = true;

    constructor(text) {
        this.text = text;
    }

    // The next value within `holder`; END where that ends.
    begin(holder) {
        if (holder) {
            const isObject = holder instanceof Entries;
            if (this.#take(isObject ? "}" : "]")) return Reader.END;
            if (!this.isFirst && !this.#take(",")) this.#fail();
            if (isObject) {
                if (!this.#take('"')) this.#fail();
                holder.keys.push(this.#string());
                if (!this.#take(":")) this.#fail();
            }
        }
        return this.#value();
    }

    atEnd(value) {
        this.#space();
        if (this.at < this.text.length) this.#fail();
        return value;
    }

    #value() {
        if (this.#take("{")) return new Entries();
        if (this.#take("[")) return [];
        if (this.#take('"')) return this.#string();
        const word = WORDS[this.text[this.at]];
        if (word && this.text.startsWith(word[0], this.at)) {
            this.at += word[0].length;
            return word[1];
        }
        NUMBER.lastIndex = this.at;
        const found = NUMBER.exec(this.text);
        if (!found) this.#fail();
        this.at = NUMBER.lastIndex;
        const number = Number(found[0]);
        return String(number) === found[0] ? number : new Digits(found[0]);
    }

    #string() {
        const { text } = this;
        let end = this.at - 1;
        for (;;) {
            end = text.indexOf('"', end + 1);
            if (end < 0) this.#fail();
            let strokes = 0;
            while (end - 1 - strokes >= this.at && text.charCodeAt(end - 1 - strokes) === 92) strokes += 1;
            if (strokes % 2 === 0) break;
        }
        const raw = text.slice(this.at, end);
        this.at = end + 1;
        return raw.includes("\\") ? JSON.parse(`"${raw}"`) : raw;
    }

    #space() {
        const { text } = this;
        let code = text.charCodeAt(this.at);
        while (code === 32 || (code >= 9 && code <= 13)) code = text.charCodeAt((this.at += 1));
    }

    #take(sign) {
        this.#space();
        if (this.text[this.at] !== sign) return false;
        this.at += 1;
        return true;
    }

    #fail() {
        throw new SyntaxError(`no JSON at ${this.at}`);
    }
}

// The same as text again, two more spaces for each level.
export function write(value) {
    const parts = [];
    const open = []; // [holder, index of the next member]
    let next = value;
    for (;;) {
        if (isHolder(next) && sizeOf(next)) {
            parts.push(next instanceof Entries ? "{" : "[");
            open.push([next, 0]);
        } else {
            parts.push(isHolder(next) ? (next instanceof Entries ? "{}" : "[]") : scalar(next));
        }
        while (open.length && open.at(-1)[1] === sizeOf(open.at(-1)[0])) {
            const [ended] = open.pop();
            parts.push("\n", "  ".repeat(open.length), ended instanceof Entries ? "}" : "]");
        }
        if (!open.length) return parts.join("");
        const frame = open.at(-1);
        const [holder, index] = frame;
        parts.push(index ? ",\n" : "\n", "  ".repeat(open.length));
        if (holder instanceof Entries) parts.push(JSON.stringify(holder.keys[index]), ": ");
        next = memberOf(holder, index);
        frame[1] += 1;
    }
}

export function scalar(value) {
    return value instanceof Digits ? value.text : JSON.stringify(value);
}

// Where members lead, as expressions of workflows say it: `.orders[3]."first name"`.
export function pathOf(keys) {
    const said = keys.map((key) => {
        if (typeof key === "number") return `[${key}]`;
        return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`;
    });
    const path = said.join("");
    return path.startsWith(".") ? path : `.${path}`;
}
