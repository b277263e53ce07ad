. ./lib.sh
cd ..
if python -m shop --port "${SHOP_URL##*:}" > /dev/null 2>&1; then
  fail "a second shop started on the first one's port"
fi
