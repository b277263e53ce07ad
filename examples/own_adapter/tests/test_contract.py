from maestro_shell import ShellAdapter

from maestro_fabric.testing import AdapterContract


class TestShellAdapter(AdapterContract):
    adapter = ShellAdapter
    files = {
        "all/good.test.sh": "# tags: smoke\ntrue\n",
        "all/bad.test.sh": "echo 'expected 3, seen 4'\nexit 1\n",
        "all/broken.test.sh": "echo 'no database'\nexit 99\n",
        "all/deep/absent.test.sh": "echo 'not on this machine'\nexit 77\n",
        "slow/a.test.sh": "true\n",
        "slow/b.test.sh": "sleep 60 & sleep 60\n",
        "secret/shown.test.sh": 'echo "the token $CONTRACT_SECRET is wrong"\nexit 1\n',
    }
    suite = {"path": "all"}
    outcomes = {"good": "passed", "bad": "failed", "broken": "error", "deep/absent": "skipped"}
    slow_suite = {"path": "slow"}
    quick_case = "a"
    slow_case = "b"
    secret_suite = {"path": "secret"}
