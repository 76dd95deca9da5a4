// Moments and durations as people read them, in the time zone of whoever looks.

export function clock(at) {
    const moment = new Date(at);
    if (Number.isNaN(moment.getTime())) return "";
    const time = moment.toLocaleTimeString([], { hour12: false });
    return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString()} ${time}`;
}

// The whole of it, with its zone.
export function zoned(at) {
    return new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
}

// From one moment to another, or until now.
export function duration(from, to) {
    const begun = Date.parse(from);
    if (Number.isNaN(begun)) return "";
    const milliseconds = Math.max(0, (to ? Date.parse(to) : Date.now()) - begun);
    if (Number.isNaN(milliseconds)) return "";
    // What still grows is said in whole seconds.
    return to || milliseconds >= 60_000 ? span(milliseconds) : `${Math.floor(milliseconds / 1000)} s`;
}

// As `moments.duration` says it.
export function span(milliseconds) {
    if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
    const seconds = milliseconds / 1000;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(number, noun) {
    return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
