"""The tables, the public views, and the numbered steps from one version of them to the next.

The tables are private and made small; the views are what notebooks and dashboards read, and stay as ``docs/store.md`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.aggregator.records import MARKS, RUN_STATUSES, STATUSES

__all__ = ["APPLICATION_ID", "COMPUTED_LATEST", "MIGRATIONS", "VIEWS", "Migration"]

APPLICATION_ID = 0x4D535452  # "MSTR": tells our file from another program's SQLite database


@dataclass(frozen=True, slots=True)
class Migration:
    """The statements that bring the tables from version ``version - 1`` to ``version``, run in one transaction."""

    version: int
    statements: tuple[str, ...]


_COUNTS = ", ".join(f"{name} INTEGER NOT NULL" for name in (*STATUSES, *MARKS, "attempts", "duration_us"))

_TABLES = (
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, orchestration_id TEXT NOT NULL, status INTEGER NOT NULL,
        started_ms INTEGER NOT NULL, duration_ms INTEGER, facts TEXT NOT NULL) STRICT""",
    "CREATE INDEX run_by_orchestration ON run (orchestration_id) WHERE orchestration_id != ''",
    # Opening looks for runs that nobody ended: among a hundred thousand it must find the two without reading them all.
    "CREATE INDEX run_in_progress ON run (status) WHERE status = 0",
    "CREATE TABLE suite (id INTEGER PRIMARY KEY, project TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (project, name)) STRICT",
    """CREATE TABLE test_case (
        id INTEGER PRIMARY KEY, suite_id INTEGER NOT NULL REFERENCES suite, name TEXT NOT NULL, params TEXT NOT NULL,
        owner TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]', links TEXT NOT NULL DEFAULT '[]',
        location TEXT NOT NULL DEFAULT '', UNIQUE (name, params, suite_id)) STRICT""",  # a person asks for a name, seldom with its suite
    "CREATE INDEX test_case_by_suite ON test_case (suite_id)",
    "CREATE TABLE worker (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE error (
        id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, type TEXT NOT NULL, message TEXT NOT NULL,
        trace TEXT NOT NULL, location TEXT NOT NULL) STRICT""",
    "CREATE TABLE metadata (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, json TEXT NOT NULL) STRICT",
    # Clustered by case: the table itself is the covering index of a case's history. Zeros, ones and NULLs take no byte
    # beyond the record's header, hence the choice of codes. ADR 0002 has the alternatives with their sizes.
    """CREATE TABLE attempt (
        case_id INTEGER NOT NULL REFERENCES test_case, run_id INTEGER NOT NULL REFERENCES run, number INTEGER NOT NULL,
        status INTEGER NOT NULL, marks INTEGER NOT NULL, is_last INTEGER NOT NULL,
        started_ms INTEGER NOT NULL, duration_us INTEGER NOT NULL,
        worker_id INTEGER REFERENCES worker, error_id INTEGER REFERENCES error, metadata_id INTEGER REFERENCES metadata,
        PRIMARY KEY (case_id, run_id, number)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX attempt_by_run ON attempt (run_id, case_id)",
    """CREATE TABLE evidence (
        id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, case_id INTEGER NOT NULL, number INTEGER NOT NULL,
        steps TEXT NOT NULL, artifacts TEXT NOT NULL, output TEXT NOT NULL, UNIQUE (run_id, case_id, number)) STRICT""",
    """CREATE TABLE running (
        run_id INTEGER NOT NULL REFERENCES run, case_id INTEGER NOT NULL REFERENCES test_case, number INTEGER NOT NULL,
        started_ms INTEGER NOT NULL, worker_id INTEGER REFERENCES worker, PRIMARY KEY (run_id, case_id)) STRICT, WITHOUT ROWID""",
    f"""CREATE TABLE run_total (
        run_id INTEGER NOT NULL REFERENCES run, suite_id INTEGER NOT NULL REFERENCES suite, {_COUNTS},
        PRIMARY KEY (run_id, suite_id)) STRICT, WITHOUT ROWID""",
)


def _names(column: str, names: tuple[str, ...]) -> str:
    """An SQL expression that turns a code into its name."""
    return f"CASE {column} " + " ".join(f"WHEN {code} THEN '{name}'" for code, name in enumerate(names)) + " END"


def _mark_names(column: str) -> str:
    """An SQL expression that turns a bitmask into names with commas between them."""
    parts = " || ".join(f"CASE WHEN {column} & {1 << bit} = {1 << bit} THEN '{mark},' ELSE '' END" for bit, mark in enumerate(MARKS))
    return f"CASE WHEN {column} = 0 THEN '' ELSE rtrim({parts}, ',') END"


def _utc(milliseconds: str) -> str:
    """An SQL expression that turns milliseconds since the epoch into ISO 8601 text."""
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', ({milliseconds}) / 1000.0, 'unixepoch')"


_CASE_COLUMNS = ", ".join(f"test_case.{name} AS {name}" for name in ("name", "params", "owner", "tags", "links"))
# These facts have columns of their own in the `runs` view; `facts` has all of them.
_FACTS = ("git_commit", "git_branch", "git_dirty", "ci_provider", "ci_job", "host", "python", "config_digest")
_FACT_COLUMNS = ", ".join(f"json_extract(run.facts, '$.{name}') AS {name}" for name in _FACTS)
_RESULT_COLUMNS = f"""
    run.run_id AS run_id, run.orchestration_id AS orchestration_id, attempt.case_id AS case_id, suite.project AS project,
    suite.name AS suite, suite.name AS category, {_CASE_COLUMNS},
    {_names("attempt.status", STATUSES)} AS status, {_mark_names("attempt.marks")} AS marks, attempt.number AS attempt"""
_TAIL_COLUMNS = """
    nullif(error.type, '') AS error_type, error.message AS error_message, coalesce(worker.name, '') AS worker,
    coalesce(metadata.json, '{}') AS metadata"""
_SOURCES = """
    FROM attempt
    JOIN run ON run.id = attempt.run_id JOIN test_case ON test_case.id = attempt.case_id JOIN suite ON suite.id = test_case.suite_id
    LEFT JOIN error ON error.id = attempt.error_id LEFT JOIN worker ON worker.id = attempt.worker_id
    LEFT JOIN metadata ON metadata.id = attempt.metadata_id"""


def _of_all(function: str, column: str) -> str:
    """An SQL expression over all attempts of a case in its run; most have one only."""
    others = (
        f"SELECT {function}(other.{column}) FROM attempt AS other WHERE other.case_id = attempt.case_id AND other.run_id = attempt.run_id"  # noqa: S608
    )
    return f"CASE WHEN attempt.number > 1 THEN ({others}) ELSE attempt.{column} END"


VIEWS = {
    "runs": f"""
        SELECT run.run_id AS run_id, run.orchestration_id AS orchestration_id, {_names("run.status", RUN_STATUSES)} AS status,
        {_utc("run.started_ms")} AS started_at, run.duration_ms / 1000.0 AS duration_s,
        {_FACT_COLUMNS}, run.facts AS facts FROM run""",  # noqa: S608 - constants of this module only, here and below
    "cases": f"""
        SELECT test_case.id AS case_id, suite.project AS project, suite.name AS suite, suite.name AS category, {_CASE_COLUMNS},
        test_case.location AS location FROM test_case JOIN suite ON suite.id = test_case.suite_id""",  # noqa: S608
    "attempts": f"""
        SELECT {_RESULT_COLUMNS}, {_utc("run.started_ms + attempt.started_ms")} AS started_at,
        attempt.duration_us / 1e6 AS duration_s, {_TAIL_COLUMNS},
        coalesce(evidence.steps, '[]') AS steps, coalesce(evidence.artifacts, '[]') AS artifacts, coalesce(evidence.output, '') AS output,
        coalesce(error.trace, '') AS error_trace, coalesce(error.location, '') AS error_location
        {_SOURCES} LEFT JOIN evidence ON evidence.run_id = attempt.run_id AND evidence.case_id = attempt.case_id
        AND evidence.number = attempt.number WHERE attempt.number > 0""",
    "results": f"""
        SELECT {_RESULT_COLUMNS},
        {_utc(f"run.started_ms + {_of_all('min', 'started_ms')}")} AS started_at, {_of_all("sum", "duration_us")} / 1e6 AS duration_s,
        {_TAIL_COLUMNS} {_SOURCES} WHERE attempt.is_last = 1""",
}

_HEALING = (
    # What elements and the rest of their pages look like, compressed JSON: each look is kept once.
    "CREATE TABLE look (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, json BLOB NOT NULL) STRICT",
    """CREATE TABLE learnt (
        id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES test_case, run_id INTEGER NOT NULL REFERENCES run,
        step TEXT NOT NULL, locator TEXT NOT NULL, element_id INTEGER NOT NULL REFERENCES look, others_id INTEGER NOT NULL REFERENCES look,
        learnt_ms INTEGER NOT NULL) STRICT""",
    "CREATE INDEX learnt_by_case ON learnt (case_id, step, locator)",
    """CREATE TABLE heal (
        id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES run, case_id INTEGER NOT NULL REFERENCES test_case,
        number INTEGER NOT NULL, action TEXT NOT NULL, step TEXT NOT NULL, doing TEXT NOT NULL, location TEXT NOT NULL,
        old TEXT NOT NULL, new TEXT NOT NULL, confidence REAL NOT NULL, reason TEXT NOT NULL, runner_up TEXT NOT NULL,
        margin REAL NOT NULL, features TEXT NOT NULL, artifacts TEXT NOT NULL, engine TEXT NOT NULL,
        verdict INTEGER NOT NULL DEFAULT 0, UNIQUE (run_id, case_id, number, step, old)) STRICT""",
)
# What did not pass is a small part of a history, and what most questions begin with: which cases are flaky, what broke first.
_INDEX_OF_TROUBLE = "CREATE INDEX attempt_in_trouble ON attempt (run_id, case_id) WHERE status IN (1, 2, 4)"
# How long the passes of an ended run took, by suite: see `maestro_fabric.aggregator.sketch`.
_DURATIONS = """CREATE TABLE run_durations (
    run_id INTEGER NOT NULL REFERENCES run, suite_id INTEGER NOT NULL REFERENCES suite, first INTEGER NOT NULL, lanes BLOB NOT NULL,
    PRIMARY KEY (run_id, suite_id)) STRICT, WITHOUT ROWID"""
# Names that stand for other cases, see `aliases`; and what cases are made of, see `bodies`: a few bytes a case, none a result.
_NAMES_AND_BODIES = (
    """CREATE TABLE alias (
        suite_id INTEGER NOT NULL REFERENCES suite, name TEXT NOT NULL, params TEXT NOT NULL,
        case_id INTEGER NOT NULL REFERENCES test_case, made_ms INTEGER NOT NULL,
        PRIMARY KEY (suite_id, name, params)) STRICT, WITHOUT ROWID""",
    "CREATE TABLE body (case_id INTEGER PRIMARY KEY REFERENCES test_case, sketch BLOB NOT NULL, seen_ms INTEGER NOT NULL) STRICT",
)

COMPUTED_LATEST = """SELECT attempt.case_id, attempt.run_id, attempt.status, attempt.marks FROM test_case JOIN attempt
    ON attempt.case_id = test_case.id AND attempt.is_last = 1 AND attempt.run_id =
    (SELECT max(run_id) FROM attempt AS other WHERE other.case_id = test_case.id AND other.is_last = 1)"""
"""The newest result of every case, found among all: one search a case."""

# See `maestro_fabric.aggregator.rollups`.
_LATEST = (
    """CREATE TABLE latest (
        case_id INTEGER PRIMARY KEY REFERENCES test_case, run_id INTEGER NOT NULL REFERENCES run,
        status INTEGER NOT NULL, marks INTEGER NOT NULL) STRICT""",
    f"INSERT INTO latest {COMPUTED_LATEST}",
)

MIGRATIONS = (
    Migration(1, (*_TABLES, *(f"CREATE VIEW {name} AS {body}" for name, body in VIEWS.items()))),
    Migration(2, _HEALING),
    Migration(3, (_INDEX_OF_TROUBLE, _DURATIONS)),
    Migration(4, _LATEST),
    Migration(5, _NAMES_AND_BODIES),
)
