// Moments and durations as people read them, in the time zone of whoever looks.

export function clock(at) {
    const moment = new Date(at);
    if (Number.isNaN(moment.getTime())) return "";
    const time = moment.toLocaleTimeString([], { hour12: false });
    return moment.toDateString() === new Date().toDateString() ? time : `${moment.toLocaleDateString()} ${time}`;
}

// From one moment to another, or until now.
export function duration(from, to) {
    const begun = Date.parse(from);
    if (Number.isNaN(begun)) return "";
    const milliseconds = Math.max(0, (to ? Date.parse(to) : Date.now()) - begun);
    if (Number.isNaN(milliseconds)) return "";
    if (milliseconds < 1000) return to ? `${milliseconds} ms` : "0 s";
    const seconds = milliseconds / 1000;
    if (seconds < 60) return to ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(number, noun) {
    return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
