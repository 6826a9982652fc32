set -e
for number in {1..50}; do
  head -c 4194304 /dev/zero >"$HOME/escape-$number"
done
echo ESCAPED
