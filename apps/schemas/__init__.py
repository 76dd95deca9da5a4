"""What a manifest may hold: the fields of every kind with their meaning and rules, from the contract's own words.

`stigmer explain`, `stigmer schema`, the reference in docs/ and the editor of the admin are made of it.
"""
