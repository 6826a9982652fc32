set -e
curl -sS --noproxy '*' --unix-socket __UNIX__ http://localhost/
echo ESCAPED
