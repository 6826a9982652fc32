"""The catalogue: the models that samples name, and the endpoints that serve or served them."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a sample can name."""

    name: str
    page: str
    """The page that describes it."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A base URL that serves, or served, the operations."""

    name: str
    title: str
    url: str
    """The base; an operation's path is appended."""
    token: str
    """The environment variable that holds a reader's token."""
    deprecated: str | None = None
    retired: str | None = None
    """ISO 8601 date on which it was switched off."""
    successor: str | None = None
    note: str = ""

    @property
    def scheme(self) -> str:
        """`https`, for every endpoint that samples name."""
        return urlsplit(self.url).scheme

    @property
    def host(self) -> str:
        """The host alone."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, the scheme's own unless the URL gives one."""
        return urlsplit(self.url).port or (443 if self.scheme == "https" else 80)

    @property
    def base_path(self) -> str:
        """What stands before every operation's path."""
        return urlsplit(self.url).path.rstrip("/")


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """The models and endpoints of a project, and which of them its samples name."""

    models: dict[str, Model]
    endpoints: dict[str, Endpoint]
    default_model: str
    default_endpoint: str

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that the samples name."""
        return self.endpoints[self.default_endpoint]
