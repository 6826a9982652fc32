set -e
curl -sS --fail http://127.0.0.2:__PORT__/
echo ESCAPED
