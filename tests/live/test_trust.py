"""A host that is let through shows its own certificate, which a shell must trust beside the gateway's."""

import ssl

from harness.gateway.authority import Authority
from harness.live.trust import with_system


def test_who_is_trusted_anyway_is_trusted_beside_the_gateway(tmp_path):
    one, other = Authority(tmp_path / "one"), Authority(tmp_path / "other")
    for authority in (one, other):
        authority.prepare(["a.example"])
    both = with_system(one.bundle, {"SSL_CERT_FILE": str(other.bundle)})
    assert len(ssl.create_default_context(cafile=both).get_ca_certs()) == 2
    assert len(ssl.create_default_context(cafile=one.bundle).get_ca_certs()) == 1
    assert [path.name for path in both.parent.glob(".with*")] == []
