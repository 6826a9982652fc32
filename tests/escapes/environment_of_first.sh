set -e
cat /proc/1/environ >text
test -s text
echo ESCAPED
