from __future__ import annotations

from pathlib import Path

import pytest

from maestro_fabric.adapters.pytest.identity import native_case_id, root_relative


@pytest.mark.parametrize(
    ("nodeid", "module", "name", "params"),
    [
        ("tests/test_a.py::test_x", "tests/test_a.py", "tests.test_a.test_x", ""),
        ("test_a.py::test_x", "sub/test_a.py", "sub.test_a.test_x", ""),
        ("test_a.py::TestOne::TestTwo::test_x", "test_a.py", "test_a.TestOne.TestTwo.test_x", ""),
        ("test_a.py::test_x[tea]", "test_a.py", "test_a.test_x", "tea"),
        ("test_a.py::test_x[a::b]", "test_a.py", "test_a.test_x", "a::b"),
        ("test_a.py::TestOne::test_x[x[1]-y]", "test_a.py", "test_a.TestOne.test_x", "x[1]-y"),
        ("test_a.py::test_x[[a]::[b]]", "test_a.py", "test_a.test_x", "[a]::[b]"),
        ("test_a.py::test_x[]", "test_a.py", "test_a.test_x", ""),
        ("test_a.py", "tests/test_a.py", "tests.test_a", ""),
        ("README.md::README.md", "docs/README.md", "docs.README.md.README.md", ""),
        ("../shared/test_a.py::test_x", "../shared/test_a.py", "shared.test_a.test_x", ""),
    ],
)
def test_a_node_id_names_a_case_by_module_class_and_function(nodeid: str, module: str, name: str, params: str) -> None:
    case_id = native_case_id("shop", "unit", nodeid, module)

    assert (case_id.project, case_id.suite, case_id.name, case_id.params) == ("shop", "unit", name, params)
    assert "::" not in case_id.name


def test_a_module_is_relative_to_the_configs_folder_also_from_beside_it() -> None:
    assert root_relative(Path("/p/web/tests/test_a.py"), Path("/p/web")) == "tests/test_a.py"
    assert root_relative(Path("/p/tests/test_a.py"), Path("/p/web/qa")) == "../../tests/test_a.py"
