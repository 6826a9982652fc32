set -e
exec 3<>/dev/udp/127.0.0.2/53
printf '\0\1\1\0\0\1\0\0\0\0\0\0\6secret\7example\0\0\1\0\1' >&3
head -c 12 <&3 >answer
echo ESCAPED
