set -e
curl -sS --noproxy '*' --abstract-unix-socket __ABSTRACT__ http://localhost/
echo ESCAPED
