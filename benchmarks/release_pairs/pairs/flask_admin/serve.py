"""Flask-Admin over two tables of a tea shop: ``serve.py PORT FOLDER``."""

import sys
from datetime import date
from pathlib import Path

import flask_admin
from flask import Flask, redirect
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy

PORT, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
app = Flask(__name__)
app.config["SECRET_KEY"] = "only for a benchmark"  # noqa: S105
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{FOLDER / 'tea.sqlite3'}"
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
db = SQLAlchemy(app)


class Tea(db.Model):  # type: ignore[name-defined, misc]
    """A tea that is sold."""

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(60), nullable=False)
    origin = db.Column(db.String(60))
    price = db.Column(db.Float)
    is_sold = db.Column(db.Boolean, default=True)
    since = db.Column(db.Date)


class Shop(db.Model):  # type: ignore[name-defined, misc]
    """Where it is sold."""

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(60), nullable=False)
    city = db.Column(db.String(60))


class TeaView(ModelView):  # type: ignore[misc]
    """The list and form of teas, with all that a list can have."""

    column_searchable_list = ("name", "origin")
    column_filters = ("name", "price", "is_sold")
    column_editable_list = ("origin",)
    can_view_details = True
    can_export = True
    page_size = 4


@app.route("/")
def start():  # type: ignore[no-untyped-def]
    """The admin is all there is."""
    return redirect("/admin/")


def main() -> None:
    """Make the database and serve it."""
    # The theme was a parameter before version 2, where the older look is still the default.
    is_new = not hasattr(flask_admin, "__version__") or not flask_admin.__version__.startswith("1")
    if is_new:
        from flask_admin.theme import Bootstrap4Theme

        admin = flask_admin.Admin(app, name="Tea shop", theme=Bootstrap4Theme())
    else:
        admin = flask_admin.Admin(app, name="Tea shop", template_mode="bootstrap2")
    admin.add_view(TeaView(Tea, db.session if not is_new else db, category="Stock"))
    admin.add_view(ModelView(Shop, db.session if not is_new else db, category="Stock"))
    with app.app_context():
        db.create_all()
        if not db.session.query(Tea).count():
            names = [("Sencha", "Japan"), ("Gyokuro", "Japan"), ("Darjeeling", "India"), ("Assam", "India"), ("Oolong", "Taiwan")]
            db.session.add_all([Tea(name=name, origin=origin, price=4.5, since=date(2020, 1, 1)) for name, origin in names])
            db.session.add_all([Shop(name="Leaf", city="Ulm"), Shop(name="Kettle", city="Graz")])
            db.session.commit()
    app.run(port=PORT)


main()
