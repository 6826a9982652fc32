set -e
exec 3<>/dev/udp/127.0.0.2/__PORT__
echo hello >&3
timeout 2 head -c 3 <&3 >answer
echo ESCAPED
