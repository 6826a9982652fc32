set -e
exec 3<>/dev/tcp/127.0.0.2/__PORT__
echo ESCAPED
