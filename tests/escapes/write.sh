for path in "$0" __OTHER__; do
  { : >>"$path"; } 2>refused && echo "ESCAPED $path"
done
# Where writing would do harm if it worked, the question is enough.
for path in / /usr /etc "$BASH" "$(command -v curl)"; do
  test -w "$path" && echo "ESCAPED $path"
done
cat refused >&2
exit 1
