"""A template is data: it reaches nothing but its values, and ends soon whatever it says."""

from __future__ import annotations

import threading
import time

import pytest

from harness.model.problem import InvalidError
from harness.render import limits
from harness.render.sample import _environment
from harness.render.template import fill

REACHING = {
    "globals": "cycler.__init__.__globals__.os.system('touch {mark}')",
    "subclasses": "''.__class__.__mro__[1].__subclasses__()",
    "filter": "''|attr('__class__')",
    "format": "'{{0.__class__}}'.format('')",
    "map": "['']|map(attribute='__class__')|join",
    "method": "given.write_text('x')",
    "function": "opener('{mark}', 'w')",
    "environment": "self._TemplateReference__context.environment",
    "mutation": "plain.append(1)",
    "lipsum": "lipsum.__globals__['os'].popen('touch {mark}').read()",
    "namespace": "namespace.__init__.__globals__['os']",
    "undefined": "nothing.__class__.__mro__",
}


@pytest.mark.parametrize("way", REACHING)
def test_nothing_but_values_is_reached(tmp_path, way):
    mark = tmp_path / "mark"
    text = "a\n{{ " + REACHING[way].format(mark=mark) + " }}\n"
    plain = []
    with pytest.raises(InvalidError, match=r"x\.j2:2: the template is wrong: "):
        fill(_environment(), text, "x.j2", given=mark, opener=open, plain=plain)
    assert (mark.exists(), plain) == (False, [])


ENDLESS = {
    "loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "range": "{% for i in range(10**9) %}x{% endfor %}",
    "text": "{{ 'x' * 10**9 }}",
    "list": "{{ ([1] * 10**9)|length }}",
    "doubled": "{% set n = namespace(x='ab') %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "nested": "{% set n = namespace(x=['ab']) %}{% for i in range(40) %}{% set n.x = [n.x, n.x] %}"
    "{% endfor %}{{ n.x|string|length }}",
    **{
        name: "{% set n = namespace(a=[], b=[]) %}{% for i in range(40) %}{% set n.a = "
        + twice.replace("x", "n.a")
        + " %}{% set n.b = "
        + twice.replace("x", "n.b")
        + " %}{% endfor %}{{ n.a == n.b }}"
        for name, twice in {
            "compared": "[x, x]",
            "tuples compared": "(x, x)",
            "values compared": "{1: x, 2: x}",
            "sums compared": "[x] + [x]",
            "products compared": "[x] * 2",
            "calls compared": "dict(p=x, q=x)",
            "defaults compared": "['', '']|map('default', x, true)|list",
            "batches compared": "['']|batch(3, x)|list",
        }.items()
    },
    "sought": "{% set n = namespace(a=[]) %}{% for i in range(40) %}{% set n.a = [n.a, n.a] %}{% endfor %}"
    "{{ n.a in [n.a|string] }}",
    "center": "{{ 'a'|center(10**9) }}",
    "indent": "{{ 'a'|indent(10**9, first=true) }}",
    "percent": "{{ '%999999999d' % 1 }}",
    "format": "{{ '{:>999999999}'.format(1) }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "output": "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
    "file": "{% include '/etc/hostname' %}",
    "import": "{% import '/etc/hostname' as x %}",
    "deep": "{{ " + "(" * 5000 + " }}",
    "blocks": "{% if 1 %}" * 30 + "{% endif %}" * 30 + "{{ nothing }}",
    "digits": "{{ 1" + "0" * 5000 + " }}",
    "division": "{{ 1 / 0 }}",
}


@pytest.mark.parametrize("way", ENDLESS)
def test_whatever_a_template_says_ends_soon_and_is_told(way, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.3)
    monkeypatch.setattr(limits, "MORE_BYTES", 64 << 20)
    begin = time.process_time()
    with pytest.raises(InvalidError) as found:
        fill(_environment(), f"a\n{ENDLESS[way]}\n", "x.j2")
    assert time.process_time() - begin < 3
    (problem,) = found.value.problems
    assert problem.file == "x.j2"
    assert "the template is wrong: " in problem.message
    if way not in {"output", "deep", "blocks", "digits"}:  # told before it is filled, or after
        assert problem.line == 2, problem


def test_time_is_bounded_in_any_thread(monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    said = []

    def work():
        try:
            fill(_environment(), ENDLESS["loops"], "x.j2")
        except InvalidError as error:
            said.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert said == ["x.j2:1: the template is wrong: filling it takes more than 0.2 seconds"]
