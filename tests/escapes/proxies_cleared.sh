set -e
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
curl -sS http://127.0.0.2:__PORT__/
echo ESCAPED
