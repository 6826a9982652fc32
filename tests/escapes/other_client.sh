set -e
cat __OTHER__ >text
test -s text
echo ESCAPED
