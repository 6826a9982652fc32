import pytest
from walk import Clone


@pytest.fixture
def clone(root, copy_first_samples, project, tmp_path):
    return Clone(root, copy_first_samples, project, tmp_path)


@pytest.fixture
def page(root, request):
    return (root / request.param).read_text("utf-8")
