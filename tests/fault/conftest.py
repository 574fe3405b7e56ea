"""What all fault runs are asked."""

import pytest


@pytest.fixture(name="rounds")
def _rounds(request):
    """How many rounds were asked for by --n; None for the usual number."""
    return request.config.getoption("--rounds")
