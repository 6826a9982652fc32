set -e
exec 3<"/proc/$PPID/mem"
echo ESCAPED
