for process in /proc/[0-9]*; do
  if grep -qs __MARKER__ "$process/cmdline" "$process/environ"; then
    echo ESCAPED
    exit 0
  fi
done
echo "no such process" >&2
exit 1
