command -v a-program-that-is-absent || { echo "a-program-that-is-absent is not installed"; exit 77; }
