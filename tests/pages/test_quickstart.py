"""A quickstart's prose comes from one file a language; its code from what passed."""

import msgspec
import pytest
from press import edit

from harness.cli.main import invoke
from harness.model.problem import HarnessError, InvalidError
from harness.model.project import open_project
from harness.model.recording import Provenance
from harness.pages import quickstart
from harness.pages.layout import fence
from harness.pages.proof import Gate, sort

SPANISH = """\
language: Español
messages:
  title: Primeros pasos
  save: Guárdelo como {file} y ejecute {command}.
"""

SHORT = """\
# {{ t("title") }}

{% for one in samples %}
{{ t("save", file=one.file, command=one.command) }}

{{ fence(one.client.fences[0], one.text) }}

{% endfor %}
"""


def made(root):
    project = open_project(root)
    proven, unproven = sort(map(Gate(root).look, project.cells()))
    assert unproven == []
    pages = quickstart.pages(root, project, proven)
    for page in pages:
        quickstart.see_code(page)
    return {page.path: page.text for page in pages}


def problems(root):
    with pytest.raises(InvalidError) as error:
        made(root)
    return [str(one) for one in error.value.problems]


@pytest.fixture
def short(proven):
    """A project with a short template, and messages in Spanish alone."""
    for path in (proven / quickstart.MESSAGES).glob("*.yaml"):
        path.unlink()
    (proven / quickstart.TEMPLATE).write_text(SHORT)
    (proven / quickstart.MESSAGES / "es.yaml").write_text(SPANISH, "utf-8")
    return proven


def test_a_third_language_is_one_file(proven):
    english = (proven / "docs/messages/en.yaml").read_text("utf-8")
    (proven / "docs/messages/es.yaml").write_text(english.replace("Set your token", "Su token"))
    pages = made(proven)
    assert list(pages) == [f"docs/quickstart.{code}.md" for code in ("en", "es", "fr")]
    assert "## Su token\n" in pages["docs/quickstart.es.md"]


@pytest.mark.parametrize("how", ["authored", "imported", "recorded"])
def test_each_kind_of_recording_has_its_words_in_every_language(proven, how):
    project = open_project(proven)
    passed, _ = sort(map(Gate(proven).look, project.cells()))
    provenance = Provenance(how=how, on="2031-02-03", endpoint="near-by")
    recordings = {
        name: msgspec.structs.replace(one, provenance=provenance)
        for name, one in project.recordings.items()
    }
    project = msgspec.structs.replace(project, recordings=recordings)
    pages = quickstart.pages(proven, project, passed)
    assert len(pages) == 2
    for page in pages:
        (said,) = (line for line in page.text.splitlines() if "2031-02-03" in line)
        assert ("near-by" in said) == (how == "recorded")


def test_a_short_spanish_page(short):
    (text,) = made(short).values()
    assert text.startswith("# Primeros pasos\n")
    assert "Guárdelo como basic.py y ejecute python basic.py." in text
    for cell in open_project(short).cells():
        assert (short / cell.path).read_text("utf-8") in text


def test_a_missing_and_a_surplus_message_are_told_with_their_lines(short):
    edit(short / "docs/messages/es.yaml", "  title:", "  titel:")
    assert problems(short) == [
        "docs/messages/es.yaml:2: messages: the message 'title', which docs/quickstart.md.j2:1 asks for, is missing\n  did you mean titel?",
        "docs/messages/es.yaml:3: messages.titel: the page has no use for this message\n  remove it",
    ]


def test_a_message_that_is_used_is_not_taken_for_one_misspelt(short):
    edit(short / quickstart.TEMPLATE, 't("title")', 't("title") }} {{ t("title2")')
    assert problems(short) == [
        "docs/messages/es.yaml:2: messages: the message 'title2', which docs/quickstart.md.j2:1 asks for, is missing\n  add it"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{file}", "{fil}", ":4: messages.save: there is nothing to fill in for {fil}"),
        ("{file}", "{fil}", ":4: messages.save: expected {file}"),
        ("{file}", "eso", ":4: messages.save: expected {file}"),
        ("{file}", "{file", ":4: messages.save: a brace that is meant is written twice"),
        ("Primeros pasos", '"a\\n```"', ":3: messages.title: expected one paragraph of prose"),
        ("Primeros pasos", "a <pre> b", "received '<p' in it"),
        ("Primeros pasos", "a <!-- b", "received '<!' in it"),
        ("Primeros pasos", '"    a"', "received ' ' in it"),
        ("Primeros pasos", "[a]", ":3: messages.title: expected a text; received ['a']"),
        ("language: Español\n", "", "expected a text under 'language'"),
        ("language", "lenguage", "lenguage: this key is not known\n  did you mean language?"),
        ("save:", "title:", ":4: messages.title: this key stands already in line 3"),
    ],
)
def test_no_message_can_break_a_page(short, old, new, message):
    edit(short / "docs/messages/es.yaml", old, new)
    found = problems(short)
    assert any(message in one for one in found), found


def test_all_languages_problems_are_told_at_once(proven):
    edit(proven / "docs/messages/en.yaml", "  title:", "  tytle:")
    edit(proven / "docs/messages/fr.yaml", "  save:", "  sauve:")
    assert {one.partition(":")[0] for one in problems(proven)} == {
        "docs/messages/en.yaml",
        "docs/messages/fr.yaml",
    }


def test_a_wrong_template_is_named_with_its_line(short):
    edit(short / quickstart.TEMPLATE, "one.file", "one.fyle")
    (problem,) = problems(short)
    assert problem.startswith("docs/quickstart.md.j2:4: the template is wrong: ")


def test_a_message_that_no_language_has_is_the_templates_mistake(short):
    english = SPANISH.replace("Español", "English")
    (short / quickstart.MESSAGES / "en.yaml").write_text(english, "utf-8")
    edit(short / quickstart.TEMPLATE, 't("save"', 't("sav"')
    assert problems(short) == [
        "docs/quickstart.md.j2:4: no file of messages has 'sav', which is asked for here\n  did you mean save?"
    ]


@pytest.mark.parametrize("key", ["a.b", "title2"])
def test_a_new_message_may_be_missing_everywhere(short, key):
    english = SPANISH.replace("Español", "English")
    (short / quickstart.MESSAGES / "en.yaml").write_text(english, "utf-8")
    edit(short / quickstart.TEMPLATE, "{% for one", f'{{{{ t("{key}") }}}}\n\n{{% for one')
    assert problems(short) == [
        f"docs/quickstart.md.j2:3: no file of messages has {key!r}, which is asked for here\n  add it to docs/messages/en.yaml, docs/messages/es.yaml"
    ]


def test_code_that_the_page_swallows_is_noticed(short):
    edit(short / quickstart.TEMPLATE, "{% for one", "<!-- {% for one")
    with pytest.raises(HarnessError, match="does not show all of its code"):
        made(short)


def test_a_project_without_languages_says_so(short):
    (short / "docs/messages/es.yaml").unlink()
    assert problems(short) == [
        "docs/messages: expected at least one file of messages, as en.yaml; found none"
    ]


def test_a_fence_is_longer_than_any_in_the_code():
    assert fence("sh", "a\n````\nb\n") == "`````sh\na\n````\nb\n`````"


def test_a_page_that_somebody_wrote_is_not_replaced(proven, capsys):
    call = ["docs", "quickstart", "--project", str(proven)]
    assert invoke(call) == 0
    page = proven / "docs/quickstart.en.md"
    mine = page.read_text("utf-8").replace("# GitHub", "# My GitHub")
    page.write_text(mine, "utf-8")
    (proven / "docs/messages/fr.yaml").write_text(
        (proven / "docs/messages/fr.yaml").read_text("utf-8").replace("Poser une", "Posez une")
    )
    assert invoke(call) == 2
    said = capsys.readouterr().err
    assert (
        "quickstart.en.md: was written or changed by hand: replacing it would cost lines: -1 +1"
        in said
    )
    assert "quickstart.fr.md" not in said
    assert page.read_text("utf-8") == mine
    assert invoke([*call, "--force"]) == 0
    assert "# GitHub" in page.read_text("utf-8")
    assert invoke([*call, "--check"]) == 0
