"""Calls that nobody would make, made of the contract's own descriptors from one seed; and what must hold afterwards.

`values` has what single fields are given, `pool` what the server has answered so far, `grower` makes messages of both,
`calling` sends them and judges the answers, `stored` reads what is in the database then.
"""
