. ./lib.sh
for file in shop.js words.mjs v1.css v2.css; do
  get "/static/$file" | cmp -s - "../shop/static/$file" || fail "$file is served otherwise than it is stored"
done
