import pytest

from harness.model.problem import InvalidError
from harness.toolchain import requirements

HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def pins(make_need):
    def read(text):
        need = make_need()
        (need.folder / need.lock).write_text(text)
        return requirements.pins(need)

    return read


def test_pins_are_written_anew_without_what_is_for_people(pins):
    found = pins(
        "# made by a tool\n"
        f"A.b[x,y]==1.0 ; python_version < '3.12' \\\n    {HASH} \\\n    {HASH}\n    # via -r other.in\n"
        f"\ntwo==2!1.0.post1+local {HASH} # why\r\n"
    )
    assert found == [
        f'A.b[x,y]==1.0; python_version < "3.12" {HASH} {HASH}',
        f"two==2!1.0.post1+local {HASH}",
    ]


REFUSED = {
    "an index": "--index-url https://evil.example/simple",
    "an index, in one word": "--index-url=https://evil.example/simple",
    "an index, in short": "-i https://evil.example/simple",
    "one more index": "--extra-index-url https://evil.example/${SOME_KEY}",
    "links": "--find-links ../../wheels",
    "links, in short": "-f .",
    "another file": "-r ../../x.txt",
    "another file, in one word": "-r/etc/passwd",
    "constraints": "-c ../x.txt",
    "a folder": f". {HASH}",
    "a folder above": f"../evil {HASH}",
    "an editable one": "-e .",
    "a file": f"./evil-1.0.tar.gz {HASH}",
    "an address": f"https://evil.example/a-1.0-py3-none-any.whl {HASH}",
    "a name at an address": f"a @ https://evil.example/a.whl {HASH}",
    "a name at a file": f"a @ file:///etc/passwd {HASH}",
    "a repository": f"a @ git+ssh://git@evil.example/a {HASH}",
    "a repository alone": f"git+https://evil.example/a#egg=a {HASH}",
    "settings of a build": f"a==1.0 --config-settings x=y {HASH}",
    "options of a build": f'a==1.0 --global-option="x" {HASH}',
    "sources": "--no-binary :all:",
    "a variable": f"a==1.0 ; python_version < '${{SOME_KEY}}' {HASH}",
    "no hash": "a==1.0",
    "a weak hash": f"a==1.0 --hash=md5:{'0' * 32}",
    "a short hash": "a==1.0 --hash=sha256:00",
    "no version": f"a {HASH}",
    "a range": f"a>=1.0 {HASH}",
    "two versions": f"a==1.0,!=2.0 {HASH}",
    "any version": f"a==1.* {HASH}",
    "an option on a continued line": f"a==1.0 \\\n --index-url https://evil.example {HASH}",
}


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_what_is_no_pin_is_refused_with_its_line(pins, line):
    with pytest.raises(InvalidError) as caught:
        pins(f"good==1.0 {HASH}\n{line}\nb==1.0 {HASH}\n")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("samples/python/requirements.txt", 2)
    assert problem.message.startswith("expected ")


def test_a_lock_that_is_no_text_is_the_users_to_mend(make_need):
    need = make_need()
    (need.folder / need.lock).write_bytes(b"\xff")
    with pytest.raises(InvalidError, match="this is not UTF-8"):
        requirements.pins(need)
