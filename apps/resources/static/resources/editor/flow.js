// Inside `{a: b}` and `[x, y]`: what is open where the caret stands.

const OPENS = /^(\s*(?:- +)*)(?:(["']?)([^\s"':{[][^"':]*)\2:\s+)?(?=[{[])/;
const MOST_LINES = 200;
const CLOSERS = "}]";

// `line` is where the outermost begins, `lead` and `name` what stands before it there. `frames`, the innermost last, are
// lists or have the `key` that is being given a value, and the plain values `given` beside it. `word` is what is being written.
export function flowAt(before, after) {
    const lines = before.split("\n");
    let found = null;
    let least = Infinity; // a continuation stands deeper than what it continues
    for (let line = lines.length - 1; line >= Math.max(0, lines.length - MOST_LINES); line -= 1) {
        const begin = OPENS.exec(lines[line]);
        if (begin && begin[1].length < least) {
            const reader = new Reader();
            reader.read([lines[line].slice(begin[0].length), ...lines.slice(line + 1)].join("\n"));
            if (reader.frames.length) found = { line, lead: begin[1], name: begin[3], ...reader.end(after) };
        }
        const indent = lines[line].search(/\S/);
        if (indent >= 0 && !CLOSERS.includes(lines[line][indent])) least = Math.min(least, indent);
    }
    return found;
}

class Reader {
    frames = [];
    #token = "";

    // Up to the end, or to where all that was open is closed.
    read(text) {
        for (let at = 0; at < text.length; at += 1) {
            const letter = text[at];
            if (`"'`.includes(letter) && !this.#token.trim()) at = this.#quoted(text, at);
            else if (letter === "#" && /\s/.test(text[at - 1] ?? " ")) at = until(text, "\n", at) - 1;
            else if ("{[".includes(letter)) this.#open(letter === "[");
            else if (CLOSERS.includes(letter)) {
                this.#ended();
                this.frames.pop();
                if (!this.frames.length) return;
            } else if (letter === ",") this.#ended();
            else if (letter === ":" && this.#isKey && /\s|^$/.test(text[at + 1] ?? "")) {
                this.#frame.key = unquoted(this.#token);
                this.#token = "";
            } else this.#token += letter;
        }
    }

    // What stands here, with what is written behind it in the same map.
    end(after) {
        const { given } = this.#frame;
        const behind = new Reader();
        behind.frames = [{ isList: this.#frame.isList, key: null, given: {} }];
        const beside = behind.frames[0].given;
        behind.read(after.replace(/^[^,}\]]*/, ""));
        for (const name in beside) given[name] ??= beside[name];
        return { frames: this.frames, word: this.#token.trimStart() };
    }

    get #frame() {
        return this.frames.at(-1);
    }

    get #isKey() {
        return !this.#frame.isList && this.#frame.key === null;
    }

    #open(isList) {
        this.frames.push({ isList, key: null, given: {} });
        this.#token = "";
    }

    #ended() {
        const { isList, key, given } = this.#frame;
        if (!isList && key !== null) given[key] ??= unquoted(this.#token);
        this.#frame.key = null;
        this.#token = "";
    }

    #quoted(text, at) {
        let end = at + 1;
        while (end < text.length && text[end] !== text[at]) end += text[at] === '"' && text[end] === "\\" ? 2 : 1;
        this.#token += text.slice(at, end + 1);
        return end;
    }
}

function until(text, what, from) {
    const found = text.indexOf(what, from);
    return found < 0 ? text.length : found;
}

function unquoted(token) {
    return token.trim().replace(/^(["'])(.*)\1$/s, "$2");
}
