#!/usr/bin/env bash
# Make a virtual environment with the newest supported Python of this machine: make_venv.sh FOLDER [PYTHON]
set -euo pipefail

folder=$1
chosen=${2:-}

# A name on the PATH may be a shim of a version manager without that version behind it, and Debian's python3 may lack
# ensurepip: so each candidate has to show that it works.
works() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if works "$folder/bin/python" && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
  exit 0
fi

for candidate in ${chosen:+"$chosen"} python3.13 python3.12 python3.11 python3; do
  if works "$candidate"; then
    echo "Making $folder with $("$candidate" --version) …"
    "$candidate" -m venv --clear "$folder"
    exit 0
  fi
done

echo "No Python 3.11 or newer with venv was found." >&2
echo "Install one (Debian and Ubuntu: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python" >&2
exit 1
