# A name server outside must never be asked, not even where the seal fails.
grep -qx "nameserver 127.0.0.1" /etc/resolv.conf || { echo ESCAPED; exit 0; }
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
curl -sS https://secret.example/ || exit 1
echo ESCAPED
