"""Changes the filters of warnings when it is imported, as several libraries do."""

import warnings

from filtering import part


class Old(Warning):
    """Of its own."""


warnings.simplefilter("ignore", Old)
warnings.filterwarnings("always", category=ImportWarning, append=True)
warnings.simplefilter("default", part.Older, append=True)
