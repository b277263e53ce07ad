# tags: smoke
. ./lib.sh
get /health | grep -q ok || fail "the shop does not say that it is healthy"
