"""The catalogue: the models that samples name, and the endpoints that serve or served them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec

from harness.model.problem import invalid

ANY = "*"
"""Among an endpoint's models: all those that are not named."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a sample can name."""

    name: str
    page: str
    """The page that describes it."""


class Library(msgspec.Struct, frozen=True, kw_only=True):
    """A client's library that its makers gave up."""

    retired: str
    """ISO 8601 date since which nobody mends it."""
    successor: str | None = None
    """The library to use in its place."""
    note: str = ""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint lets one user ask for; what is `None` has no limit."""

    per_minute: int | None = None
    """Requests in any sixty seconds."""
    per_day: int | None = None
    """Requests in any twenty-four hours."""
    concurrent: int | None = None
    """Requests at once."""
    tokens_in: int | None = None
    """Tokens of one request."""
    tokens_out: int | None = None
    """Tokens of one answer."""


class KeyHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The header in which an endpoint wants its key."""

    header: str = "Authorization"
    form: str = "Bearer {token}"
    """The header's value, with `{token}` in the key's place."""


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """Where an endpoint differs from what the samples were written for."""

    query: Literal["keep", "drop"] = "keep"
    """Whether it takes the query that clients send."""
    rename: dict[str, str] = {}
    """Parameters that have another name there."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A base URL that serves, or served, the operations."""

    name: str
    title: str
    url: str
    """The base; an operation's path is appended."""
    url_from: str = ""
    """The environment variable that holds the base URL, where each user has another; the URL in the
    catalogue is then only an example."""
    token: str = ""
    """The environment variable that holds a reader's token; empty if none is needed."""
    key: KeyHeader = KeyHeader()
    paths: dict[str, str] = {}
    """By operation: its path, where that is not the operation's own."""
    models: dict[str, str] = {}
    """By model: its name there. `*` is every other; `{model}` in a name is the model's own."""
    limits: str = ""
    """The tier that says what may be asked; empty if nothing is limited."""
    quirks: Quirks = Quirks()
    deprecated: str | None = None
    retired: str | None = None
    """ISO 8601 date on which it was switched off."""
    successor: str | None = None
    note: str = ""

    @property
    def scheme(self) -> str:
        """`https`, for every endpoint that samples name; `http` is found on one's own machine."""
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

    def model(self, name: str) -> str:
        """What the endpoint calls a model."""
        return self.models.get(name, self.models.get(ANY, "{model}")).replace("{model}", name)


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    """The models and endpoints of a project, and which of them its samples name."""

    models: dict[str, Model]
    endpoints: dict[str, Endpoint]
    libraries: dict[str, Library] = {}
    """By name: those that were retired."""
    limits: dict[str, Limits] = {}
    """By name: tiers of limits."""
    default_model: str
    default_endpoint: str

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that the samples name."""
        return self.endpoints[self.default_endpoint]

    @property
    def hosts(self) -> list[str]:
        """The public hosts by which samples may know a service."""
        every = self.endpoints.values()
        return [one.host for one in every if one.scheme == "https" and not one.url_from]

    def living(self, endpoint: Endpoint) -> Endpoint | None:
        """The endpoint that followed one that was retired, or whatever followed that."""
        for _ in self.endpoints:  # no chain is longer, unless it is a ring
            if not endpoint.retired:
                return endpoint
            if endpoint.successor is None:
                break
            endpoint = self.endpoints[endpoint.successor]
        return None

    def tier(self, name: str) -> Limits:
        """A tier of limits.

        Raises:
            InvalidError: There is none of that name.
        """
        if name not in self.limits:
            raise invalid(f"there is no tier {name!r}", hint=f"known: {', '.join(self.limits)}")
        return self.limits[name]

    def limits_of(self, endpoint: Endpoint) -> Limits:
        """What an endpoint lets one user ask for."""
        return self.limits.get(endpoint.limits, Limits())
