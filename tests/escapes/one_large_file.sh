set -e
truncate -s 200M large
echo ESCAPED
