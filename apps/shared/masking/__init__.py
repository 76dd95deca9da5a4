"""Keeping the secrets of a run out of everything that is recorded, told or thrown, in whatever form they come back.

`Masker` knows the secrets of one run and finds them in texts and JSON values. What it looks for:

- A value as it is, in letters of either case, and character by character as JSON (escaped once or several times),
  addresses (path and query, `+` for a blank), HTML, quoted-printable, Python's `repr` of text and bytes, and wrongly
  read charsets write it, in any mixture.
- What is encoded in base64 (both alphabets, padded or not, in lines or not, at each place inside something longer, also
  where an address, JSON or HTML holds that) and in hexadecimal digits (whatever stands between the bytes): decoded, it
  is looked through in the same way, up to three times over. So a value is found that was escaped, written in UTF-16 or
  encoded before it was encoded.
- A number that is equal to it, as far as doubles are, in JSON and by itself in a text (`1,000.0` for `1000`).
- Each line of a value of several lines, of eight characters or more.

What it does not look for: values of fewer than four characters and the words of JSON, which would be found in
everything; blanks around a value; anything compressed, encrypted, hashed, or changed in other ways.
"""

from apps.shared.masking.addresses import without_user
from apps.shared.masking.live import for_log, keep_out_of_logs
from apps.shared.masking.masker import MASK, NOTHING_SECRET, Masker
from apps.shared.masking.stream import MaskedStream

__all__ = ["MASK", "NOTHING_SECRET", "MaskedStream", "Masker", "for_log", "keep_out_of_logs", "without_user"]
