set -e
export NO_PROXY='*' no_proxy='*'
curl -sS http://127.0.0.2:__PORT__/
echo ESCAPED
