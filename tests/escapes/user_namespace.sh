set -e
unshare --user true
echo ESCAPED
