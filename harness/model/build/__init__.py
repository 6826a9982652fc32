"""From loaded files to the project's values, with the rules that no schema can say."""

from harness.model.build.catalog import catalog
from harness.model.build.client import client
from harness.model.build.operation import operation
from harness.model.build.recording import recording
from harness.model.build.scenario import scenario

__all__ = ["catalog", "client", "operation", "recording", "scenario"]
