"""The command line of Stigmer; `cli.__main__` is where it begins."""

import gc

# A command lives for a tenth of a second and keeps nearly all it makes: collecting early costs a tenth of
# that and finds nothing. What follows a run for hours still collects, less often.
gc.set_threshold(50_000, 20, 20)
