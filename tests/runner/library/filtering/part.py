"""A part that does so too."""

import warnings


class Older(Warning):
    """Of its own."""


warnings.simplefilter("error", Older)
