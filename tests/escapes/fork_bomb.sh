for _ in {1..2000}; do
  sleep 20 &
done
echo ESCAPED
