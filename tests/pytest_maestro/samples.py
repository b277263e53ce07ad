"""Tests that end in every way a test can end, as text for suites that tests make."""

EVERY_ENDING = """
def test_bad(): assert 1 == 2
def test_says_no(): pytest.fail("no")
def test_err(): raise RuntimeError("boom")
@pytest.fixture
def broken(): raise ValueError("fix")
@pytest.fixture
def breaks(): yield; raise ValueError("down")
def test_setup(broken): pass
def test_teardown(breaks): pass
@pytest.mark.skip(reason="why")
def test_skip(): pass
def test_skips_itself(): pytest.skip("later")
@pytest.mark.xfail(reason="known")
def test_xfail(): assert 0
@pytest.mark.xfail(reason="known", strict=False)
def test_xpass(): pass
@pytest.mark.xfail(reason="known", strict=True)
def test_strict(): pass
"""
