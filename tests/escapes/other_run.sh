set -e
cat __RUN__ >text
test -s text
echo ESCAPED
