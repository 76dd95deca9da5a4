// Asks an address again and again: at once while there is more, then at a pace; not while nobody looks.

const LONGEST_WAIT = 30_000;
const ANSWER_WITHIN = 20_000;

export class Gone extends Error {}

export class Poller {
    #timer = 0;
    #isAsking = false;
    #isStopped = false;
    #failures = 0;

    // `address()` says where to ask; `take(answer)` answers "more", "later" or "done"; `trouble(sentence)` is shown.
    constructor({ address, take, trouble, every = 1000 }) {
        Object.assign(this, { address, take, trouble, every });
        this.onVisible = () => (document.hidden ? clearTimeout(this.#timer) : this.ask());
        document.addEventListener("visibilitychange", this.onVisible);
    }

    stop() {
        this.#isStopped = true;
        clearTimeout(this.#timer);
        document.removeEventListener("visibilitychange", this.onVisible);
    }

    async ask() {
        if (this.#isAsking || this.#isStopped) return;
        clearTimeout(this.#timer);
        this.#isAsking = true;
        let wait = this.every;
        try {
            let next = "more";
            while (next === "more" && !this.#isStopped) next = this.take(await this.#fetch());
            if (this.#failures) this.trouble("");
            this.#failures = 0;
            if (next === "done") this.stop();
        } catch (error) {
            wait = this.#failed(error);
        } finally {
            this.#isAsking = false;
        }
        if (!this.#isStopped && !document.hidden) this.#timer = setTimeout(() => this.ask(), wait);
    }

    async #fetch() {
        const answer = await fetch(this.address(), {
            headers: { Accept: "application/json" },
            redirect: "manual",
            cache: "no-store",
            signal: AbortSignal.timeout(ANSWER_WITHIN),
        });
        if (answer.type === "opaqueredirect" || answer.status === 403) {
            throw new Gone("You are signed out. Sign in again with `stigmer ui`.");
        }
        if (answer.status === 404) throw new Gone("This has been deleted.");
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        return answer.json();
    }

    #failed(error) {
        if (error instanceof Gone) {
            this.stop();
            this.trouble(error.message);
            return 0;
        }
        this.#failures += 1;
        this.trouble("The server does not answer. Trying again…");
        return Math.min(LONGEST_WAIT, this.every * 2 ** this.#failures);
    }
}
