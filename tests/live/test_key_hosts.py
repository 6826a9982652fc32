"""A project's files cannot say alone where a key goes."""

import msgspec
import pytest

from harness.live import key_hosts
from harness.live.key_hosts import ALLOW, check
from harness.live.target import find
from harness.model.problem import InvalidError


@pytest.mark.parametrize(
    ("variable", "host", "environ", "named"),
    [
        ("OPENAI_API_KEY", "api.openai.com", {}, False),
        ("OPENAI_API_KEY", "API.OPENAI.COM", {}, False),
        ("GITHUB_TOKEN", "models.github.ai", {}, False),
        (
            "AZURE_OPENAI_API_KEY",
            "r.example",
            {"AZURE_OPENAI_BASE_URL": "https://r.example/v1"},
            False,
        ),
        ("SAMPLEPROOF_KEY", "h.example", {"SAMPLEPROOF_URL": "https://h.example/v1"}, False),
        ("SAMPLEPROOF_KEY", "h.example", {}, True),
        ("ANY_KEY", "127.0.0.1", {}, False),
        ("ANY_KEY", "::1", {}, False),
        ("ANY_KEY", "h.example", {ALLOW: "OTHER=o.example, ANY_KEY=H.example"}, False),
    ],
)
def test_a_key_goes_where_it_belongs_or_where_its_owner_says(variable, host, environ, named):
    check(variable, host, environ, named=named)


@pytest.mark.parametrize(
    ("variable", "host", "environ", "named"),
    [
        ("OPENAI_API_KEY", "api.openai.com.example", {}, False),
        ("OPENAI_API_KEY", "xapi.openai.com", {}, False),
        ("OPENAI_API_KEY", "h.example", {}, True),
        ("AWS_SECRET_ACCESS_KEY", "h.example", {}, True),
        ("GITHUB_TOKEN", "api.openai.com", {}, False),
        ("SAMPLEPROOF_KEY", "h.example", {"SAMPLEPROOF_URL": "https://o.example/v1"}, False),
        ("SAMPLEPROOF_KEY", "h.example", {"SAMPLEPROOF_URL": "https://[x"}, False),
        ("AZURE_OPENAI_API_KEY", "h.example", {"SAMPLEPROOF_URL": "https://h.example/v1"}, False),
        ("ANY_KEY", "127.0.0.1.example", {}, False),
        ("ANY_KEY", "x.localhost", {}, False),
        ("ANY_KEY", "h.example", {ALLOW: "ANY_KEY=o.example,OTHER=h.example"}, False),
    ],
)
def test_a_key_that_only_the_project_sends_somewhere_stays(variable, host, environ, named):
    with pytest.raises(InvalidError) as told:
        check(variable, host, environ, named=named)
    assert f"the key in {variable} would go to {host}" in str(told.value)
    assert f"export {ALLOW}={variable}={host}" in str(told.value)


@pytest.mark.parametrize("text", ["x", "KEY=", "=h", "K=h o", "K=*", "1K=h"])
def test_what_cannot_be_read_is_said(text):
    with pytest.raises(InvalidError, match="expected VARIABLE=HOST"):
        check("ANY_KEY", "h.example", {ALLOW: text}, named=False)


def test_an_endpoint_that_was_pointed_elsewhere_gets_no_key(project):
    ends = dict(project.catalog.endpoints)
    environ = {"OPENAI_API_KEY": "k" * 20}
    assert find(project.catalog, "openai", environ).key
    ends["openai"] = msgspec.structs.replace(ends["openai"], url="https://evil.example/v1")
    with pytest.raises(InvalidError, match=r"evil\.example") as told:
        find(msgspec.structs.replace(project.catalog, endpoints=ends), "openai", environ)
    assert "kkkk" not in str(told.value)


def test_every_key_of_the_shipped_catalogue_has_a_place(project):
    for one in project.catalog.endpoints.values():
        if one.token:
            known = key_hosts._known()[one.token]
            assert one.url_from in known.urls if one.url_from else one.host in known.hosts
