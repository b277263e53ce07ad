"""Datasette with a small database of teas: ``serve.py PORT FOLDER``."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

PORT, FOLDER = sys.argv[1], Path(sys.argv[2])
TEAS = [
    ("Sencha", "green", "Japan", 4.5),
    ("Gyokuro", "green", "Japan", 12.0),
    ("Darjeeling", "black", "India", 6.25),
    ("Assam", "black", "India", 5.0),
    ("Oolong", "oolong", "Taiwan", 8.5),
    ("Pai Mu Tan", "white", "China", 9.0),
]


def main() -> None:
    """Make the database and serve it."""
    database = FOLDER / "tea.db"
    if not database.exists():
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("create table teas (id integer primary key, name text, kind text, origin text, price real)")
            connection.executemany("insert into teas (name, kind, origin, price) values (?, ?, ?, ?)", TEAS)
            connection.execute("create table shops (id integer primary key, name text, city text)")
            connection.executemany("insert into shops (name, city) values (?, ?)", [("Leaf", "Ulm"), ("Kettle", "Graz")])
            connection.commit()
    from datasette.cli import cli

    cli(["serve", str(database), "--host", "127.0.0.1", "--port", PORT])


main()
