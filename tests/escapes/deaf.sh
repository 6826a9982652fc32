trap '' TERM INT HUP QUIT
sleep 30
echo ESCAPED
