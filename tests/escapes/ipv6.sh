set -e
exec 3<>/dev/tcp/::1/__PORT__
echo ESCAPED
