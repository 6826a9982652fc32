set -e
mkdir mounted
mount -t tmpfs none mounted
umount mounted
echo ESCAPED
