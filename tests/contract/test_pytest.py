from __future__ import annotations

from typing import ClassVar

from maestro_fabric.adapters.pytest.adapter import PytestAdapter
from maestro_fabric.testing import AdapterContract

# The tests' own environment has pytest-randomly, with which no order is stable.
ARGS = ["-p", "no:cacheprovider", "-p", "no:randomly"]


class TestPytestAdapter(AdapterContract):
    adapter = PytestAdapter
    files: ClassVar = {
        "pytest.ini": "[pytest]\n",
        "all/test_all.py": """
import pytest

def test_good():
    pass

def test_bad():
    assert 1 == 2

@pytest.fixture
def broken():
    raise OSError("no database")

def test_broken(broken):
    pass

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
""",
        "slow/test_slow.py": "import time\n\ndef test_quick():\n    pass\n\ndef test_slow():\n    time.sleep(60)\n",
        "secret/test_secret.py": "import os\n\ndef test_shown():\n    print(os.environ['CONTRACT_SECRET'])\n    "
        "assert os.environ['CONTRACT_SECRET'] == 'x'\n",
    }
    suite: ClassVar = {"paths": ["all"], "args": ARGS}
    outcomes: ClassVar = {
        "all.test_all.test_good": "passed",
        "all.test_all.test_bad": "failed",
        "all.test_all.test_broken": "error",
        "all.test_all.test_skipped": "skipped",
    }
    slow_suite: ClassVar = {"paths": ["slow"], "args": ARGS}
    quick_case = "slow.test_slow.test_quick"
    slow_case = "slow.test_slow.test_slow"
    secret_suite: ClassVar = {"paths": ["secret"], "args": ARGS}
