set -e
cat __SECRET__ >text
test -s text
echo ESCAPED
