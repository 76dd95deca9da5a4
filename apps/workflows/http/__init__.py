"""HTTP for the steps of a workflow: a request made ready, sent once, and what came back."""
