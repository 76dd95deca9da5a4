"""How data goes from task to task: base.py says what a run asks of it, bag.py is that of profile `stigmer`."""
