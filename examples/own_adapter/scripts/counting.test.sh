# tags: quick
test "$(printf abc | wc -c)" -eq 3
