"""What `stigmer serve UNIT` runs, a module each: `run(unit)` returns when the unit has ended."""
