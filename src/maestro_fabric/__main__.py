"""``python -m maestro_fabric`` is the command ``maestro``."""

from maestro_fabric.cli import main

if __name__ == "__main__":
    main(prog_name="maestro")
