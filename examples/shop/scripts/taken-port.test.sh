. ./lib.sh
cd ..
said=$("${PYTHON:-python}" -m shop --port "${SHOP_URL##*:}" 2>&1) && fail "a second shop started on the first one's port"
echo "$said" | grep -q "address already in use" || fail "a second shop does not say why it cannot start: $said"
