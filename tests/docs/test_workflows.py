"""What the workflows call is there, with the options that they give."""

import re
import shlex
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from harness.cli.main import cli
from harness.live.key_hosts import ALLOW

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CALL = re.compile(r"(?:^|[ /])sampleproof (.+)$", re.MULTILINE)


def read(path):
    return YAML(typ="safe", pure=True).load(path)


def scripts(path):
    return [
        step["run"].replace('${SEAL:+"$SEAL"}', "--require-seal").replace("$PART", "1")
        for job in read(path)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_expressions_reach_scripts_as_environment_alone(path):
    # An expression within a script would be run as part of it.
    for job in read(path)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), step["name"]


def calls(path):
    for script in scripts(path):
        for found in CALL.finditer(script.replace("\\\n", " ")):
            yield shlex.split(found[1])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_call_of_the_command_is_one_that_it_takes(path):
    found = list(calls(path))
    assert found
    for words in found:
        command, rest = cli, list(words)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            name = rest.pop(0)
            command = command.get_command(click.Context(command), name)
            assert command is not None, name
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {word for word in rest if word.startswith("-")} <= {*options, "--version"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_make_target_is_there(path):
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")
    for script in scripts(path):
        for target in re.findall(r"(?:^|')make ([\w./-]+)", script, re.MULTILINE):
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_the_nightly_gives_each_endpoint_what_it_reads(whole_project):
    (job,) = read(ROOT / ".github/workflows/nightly.yml")["jobs"].values()
    asking = [step for step in job["steps"] if '"$ENDPOINT"' in step.get("run", "")]
    assert len(asking) == 2
    needed = {
        name
        for endpoint in whole_project.catalog.endpoints.values()
        for name in (endpoint.token, endpoint.url_from)
        if name and not endpoint.retired
    }
    for step in asking:
        assert set(step["env"]) - {"GH_TOKEN"} == needed | {ALLOW}
        for name, value in step["env"].items():
            place = "vars" if name.endswith("URL") or name == ALLOW else "secrets"
            assert value in {f"${{{{ {place}.{name} }}}}", "${{ github.token }}"}


def test_the_nightly_runs_a_model_that_the_samples_name(whole_project):
    nightly = read(ROOT / ".github/workflows/nightly.yml")
    model = re.search(r"'(.+)'", nightly["env"]["MODEL"])[1]
    endpoint = whole_project.catalog.endpoints[re.search(r"'(.+)'", nightly["env"]["ENDPOINT"])[1]]
    assert model in whole_project.catalog.models
    (job,) = nightly["jobs"].values()
    (pull,) = (step["run"] for step in job["steps"] if "api/pull" in step.get("run", ""))
    assert f'"model": "{endpoint.models[model]}"' in pull
    assert f"{endpoint.url.removesuffix('/v1')}/api/pull" in pull
    port = endpoint.url.removesuffix("/v1").rpartition(":")[2]
    assert job["services"]["ollama"]["ports"] == [f"{port}:{port}"]
