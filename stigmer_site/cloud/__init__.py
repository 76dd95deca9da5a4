"""Units of a server of many machines (`stigmer serve`): nothing of it is loaded on a machine of one's own."""
