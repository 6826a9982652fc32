setsid --fork bash -c "trap '' TERM HUP; sleep 1.5; exec 3<>/dev/tcp/127.0.0.2/__PORT__; sleep 30" </dev/null >/dev/null 2>&1
echo "a daemon is left" >&2
exit 1
