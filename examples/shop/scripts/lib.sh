# What the scripts share. Each runs with `sh -eu` in this folder; SHOP_URL is the service's address.

# The page at a path of the shop, on the standard output; an answer that is not 2xx ends the script with a message.
get() {
  "${PYTHON:-python}" - "$SHOP_URL$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=10) as answer:
        sys.stdout.buffer.write(answer.read())
except urllib.error.HTTPError as error:
    sys.exit(f"{sys.argv[1]} answers {error.code}")
PYTHON
}

fail() {
  echo "$1"
  exit 1
}
