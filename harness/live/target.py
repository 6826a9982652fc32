"""Where a live run goes: an endpoint, its limits, and the reader's key for it."""

from __future__ import annotations

import ipaddress
import json
import re
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from harness.live import key_hosts
from harness.model import jsonvalue, redactor
from harness.model.loader import near
from harness.model.problem import HarnessError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.gateway.responder import Request
    from harness.model.catalog import Catalog, Endpoint, Limits
    from harness.model.operation import Operation

OWN = "own"
"""The endpoint whose settings hold for a bare URL, if the catalogue has it."""

CODED = "accept-encoding"

NOT_SENT = frozenset(
    {
        *(
            CODED,
            "cookie",
            "range",
            "if-range",
            "forwarded",
        ),
        *("x-http-method", "x-http-method-override", "x-method-override"),
        *("x-original-url", "x-rewrite-url", "x-override-url"),
    }
)
"""Headers of a sample's that are not sent on with a key. What comes back is searched as it comes, so
nobody may code it, or cut it in parts; and none of them may make another request of it. Nor may any
`X-Forwarded-…`."""


class Target:
    """An endpoint that can be asked, with a key that shows nowhere."""

    def __init__(self, endpoint: Endpoint, limits: Limits, key: str, obituary: str = "") -> None:
        """Take an endpoint.

        Args:
            endpoint: With the URL that is used.
            limits: What it lets one user ask for.
            key: Empty if it needs none.
            obituary: When it was retired, and what to ask in its place; empty if it lives.
        """
        self.endpoint = endpoint
        self.limits = limits
        self.key = key
        self.obituary = obituary

    def __repr__(self) -> str:
        return f"Target({self.endpoint.name}, {self.endpoint.url})"

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return is_loopback(self.endpoint.host)

    def sent(
        self, request: Request, operation: Operation, *, base_path: str, canary: str
    ) -> Request:
        """The request that the endpoint gets for the one that came.

        Args:
            request: What came.
            operation: What is asked for.
            base_path: What stands before the operation's path in the request.
            canary: The token that the key is put in place of.
        """
        endpoint = self.endpoint
        path, _, query = request.target.partition("?")
        path = path.removeprefix(base_path)
        if path == operation.path:
            path = endpoint.paths.get(operation.name, path)
        keep = query and endpoint.quirks.query == "keep"
        return msgspec.structs.replace(
            request,
            scheme=endpoint.scheme,
            host=endpoint.host,
            port=endpoint.port,
            target=endpoint.base_path + path + (f"?{query}" if keep else ""),
            headers=self._headers(request, operation, canary),
            body=self._body(request.body),
        )

    def _headers(
        self, request: Request, operation: Operation, canary: str
    ) -> tuple[tuple[str, str], ...]:
        names = {one.header.lower() for one in operation.credentials}
        kept = [
            pair for pair in request.headers if pair[0].lower() not in names and _is_sent(pair[0])
        ]
        others = (*kept, (CODED, "identity"))
        if not self.key or not carries(request, operation, canary):
            return others
        rule = self.endpoint.key
        return (*others, (rule.header, rule.form.replace("{token}", self.key)))

    def _body(self, body: bytes) -> bytes:
        try:
            value: Any = jsonvalue.parse(body)
        except ValueError:
            return body  # the endpoint may say what it thinks of it
        if not isinstance(value, dict):
            return body
        rename = self.endpoint.quirks.rename
        changed = {rename.get(name, name): item for name, item in value.items()}
        if isinstance(model := value.get("model"), str):
            changed["model"] = self.endpoint.model(model)
        return body if changed == value else json.dumps(changed, ensure_ascii=False).encode()


def _is_sent(header: str) -> bool:
    # Servers that put headers in variables take `_` for `-` (RFC 3875, section 4.1.18).
    name = header.lower().replace("_", "-")
    return name not in NOT_SENT and not name.startswith("x-forwarded-")


def carries(request: Request, operation: Operation, token: str) -> bool:
    """Whether a request carries a token as the operation has it, in a header for credentials."""
    return any(
        compare_digest(value.encode(), one.form.replace("{token}", token).encode())
        for one in operation.credentials
        for value in request.values(one.header)
    )


def asked_model(request: Request) -> str:
    """The model that a request names, or nothing."""
    try:
        value = jsonvalue.parse(request.body)
    except ValueError:
        return ""
    return str(value.get("model", "")) if isinstance(value, dict) else ""


def find(catalog: Catalog, name: str, environ: Mapping[str, str], *, asks: bool = True) -> Target:
    """The target that a user names.

    Args:
        catalog: Knows endpoints by name.
        name: Such a name, or a base URL.
        environ: Holds the user's keys.
        asks: Whether it will be asked, and may need a key.

    Raises:
        InvalidError: There is no such endpoint, or the URL is none.
        HarnessError: The key or the URL that it needs is not set.
    """
    if "://" in name:
        endpoint = _at(catalog, name)
    elif name in catalog.endpoints:
        endpoint = _placed(catalog.endpoints[name], environ)
    else:
        known = list(catalog.endpoints)
        hint = near(name, known) or f"known: {', '.join(known)}, or a URL"
        raise invalid(f"there is no endpoint {name!r}", hint=hint)
    obituary = _obituary(catalog, endpoint)
    key = _key(endpoint, environ, "://" in name, obituary) if asks else ""
    redactor.keep(key)
    return Target(endpoint, catalog.limits_of(endpoint), key, obituary)


def _obituary(catalog: Catalog, endpoint: Endpoint) -> str:
    if not endpoint.retired:
        return ""
    text = f"{endpoint.title} was retired on {endpoint.retired}"
    living = catalog.living(endpoint)
    return f"{text}; try: --live {living.name}" if living else text


def _at(catalog: Catalog, url: str) -> Endpoint:
    from harness.model.catalog import Endpoint

    _check_url(url, "the endpoint")
    title = urlsplit(url).netloc
    template = catalog.endpoints.get(OWN) or Endpoint(name=OWN, title=title, url=url)
    return msgspec.structs.replace(template, title=title, url=url.rstrip("/"))


def _placed(endpoint: Endpoint, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint with the URL that it has for this user."""
    if not endpoint.url_from:
        return endpoint
    url = environ.get(endpoint.url_from, "").strip()
    if not url:
        raise HarnessError(
            f"{endpoint.title} has another URL for each user, and {endpoint.url_from} is not set",
            f"export {endpoint.url_from}={endpoint.url}",
        )
    _check_url(url, endpoint.url_from)
    return msgspec.structs.replace(endpoint, url=url.rstrip("/"))


def _check_url(url: str, where: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, fine = urlsplit(""), False
    if not fine or parts.query or parts.fragment or "@" in parts.netloc:
        shown = re.sub(r"//[^/]*@", "//…@", url)
        raise invalid(
            f"{where}: expected a base URL like http://127.0.0.1:8000/v1; received {shown}",
            hint="without a query, and without a user name",
        )


def _key(endpoint: Endpoint, environ: Mapping[str, str], bare: bool, obituary: str) -> str:
    key = environ.get(endpoint.token, "").strip() if endpoint.token else ""
    if not key:
        # A URL of one's own, or a server on this machine, may well need none.
        if not endpoint.token or bare or is_loopback(endpoint.host):
            return ""
        message = f"{endpoint.title} needs a key, and {endpoint.token} is not set"
        raise HarnessError(message, obituary or f"export {endpoint.token}=…")
    if not re.fullmatch(r"[!-~]+", key):
        raise HarnessError(
            f"the key in {endpoint.token} has characters that no header can carry",
            "set it again, without quotes and spaces",
        )
    if endpoint.scheme == "http" and not is_loopback(endpoint.host):
        raise HarnessError(
            f"the key in {endpoint.token} would go to {endpoint.host} unencrypted",
            f"use https, or unset {endpoint.token}",
        )
    key_hosts.check(endpoint.token, endpoint.host, environ, named=bare)
    return key


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
